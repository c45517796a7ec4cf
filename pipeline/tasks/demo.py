"""Stage `annotations` where a split is the demo set: it is made first, then read like any other."""

from __future__ import annotations

import pipeline.tasks.annotations as files
from pipeline.tasks.shared import split_of
from pipeline.unit import Work


def run(work: Work) -> dict:
    """Make the demo split, or read a split that is not the demo's."""
    settings = split_of(work.config, work.unit.name)
    if settings.format != "demo":
        return files.run(work)
    from training.datasets.demo.stage import make_demo

    make_demo(settings, work.unit.name, work.config.seed, work.out, work.progress)
    return files.facts_of(work.out)
