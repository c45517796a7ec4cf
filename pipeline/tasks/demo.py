"""Stage `annotations` where a split is the demo set: it is made first, then read like any other."""

from __future__ import annotations

from pipeline.tasks.annotations import facts_of
from pipeline.tasks.shared import split_of
from pipeline.unit import Work


def run(work: Work) -> dict:
    """Make the demo split."""
    from training.datasets.demo.stage import make_demo

    settings = split_of(work.config, work.unit.name)
    make_demo(settings, work.unit.name, work.config.seed, work.out, work.progress)
    return facts_of(work.out)
