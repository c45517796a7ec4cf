"""Stage `translate`: the rendered people in the style of the photographs, in the shards of `render`."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.translator import ENVIRONMENT
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from style_transfer.table import TRANSLATORS

NETWORK = ("translator.safetensors", "card.json")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `render`."""
    params = config.translator.applied()
    learnt = Reads("translator", None, NETWORK)
    return [
        Unit(n, {"render": Reads("render", n, ("images.tar", "labels.npz")), "translator": learnt}, params)
        for n in facts.units("render")
    ]


def run(work: Work) -> dict:
    """Translate one shard."""
    from smpl_assets.work import Bench
    from style_transfer.stage import translate_shard

    bench = Bench(work.config.seed, work.out, work.device, work.progress, work.scratch)
    translate_shard(work.one("render"), work.one("translator"), work.config.translator, bench)
    return {}


STAGE = Stage(
    "translate",
    after=("render", "translator"),
    units=units,
    code=lambda config: ("pipeline.tasks.translate", TRANSLATORS.find(config.translator.method).module),
    run=lambda config: "pipeline.tasks.translate:run",
    environment=ENVIRONMENT,
    title="translating the rendered people",
)
