"""Stage `translate`: the rendered people in the style of the photographs, in the shards of `render`."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.tasks.shared import chosen, libraries
from pipeline.tasks.translator import ENVIRONMENT
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from style_transfer.table import TRANSLATORS

NETWORK = ("translator.safetensors", "card.json")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `render`."""
    params = config.translator.applied()
    learnt = Reads("translator", None, NETWORK)
    return [
        Unit(
            name,
            run="pipeline.tasks.translate:run",
            code=chosen(TRANSLATORS, config.translator.method),
            reads={"render": Reads("render", name, ("images.tar", "labels.npz")), "translator": learnt},
            params=params,
            environment=(*ENVIRONMENT, *libraries(TRANSLATORS, config.translator.method)),
            gpu_share=1.0,
        )
        for name in facts.units("render")
    ]


def run(work: Work) -> dict:
    """Translate one shard."""
    from style_transfer.stage import translate_shard

    translate_shard(work.one("render"), work.one("translator"), work.config.translator, work.bench)
    return {}


STAGE = Stage("translate", "translating the rendered people", units, sharded=True)
