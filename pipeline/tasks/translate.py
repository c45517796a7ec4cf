"""Stage `translate`: the rendered people in the style of the photographs, in the shards of `render`."""

from __future__ import annotations

from typing import Any

from pipeline.config import Config
from pipeline.order import RARE
from pipeline.tasks.shared import picked
from pipeline.tasks.translator import ENVIRONMENT, RENDERS
from pipeline.unit import Facts, Reads, Stage, Unit, Work, units_read
from style_transfer.table import TRANSLATORS

NETWORK = ("translator.safetensors", "card.json")


def units(config: Config, facts: Facts) -> list[Unit]:
    """One unit per shard of `render` that shows rare people."""
    params, learnt = config.translator.applied(), Reads("translator", None, NETWORK)
    code, libraries = picked((TRANSLATORS, config.translator.method))
    how: dict[str, Any] = {"environment": (*ENVIRONMENT, *libraries), "gpu_share": 1.0}
    rare = units_read(Reads("render", RARE), facts.units("render"))
    reads = {name: {"render": Reads("render", name, RENDERS), "translator": learnt} for name in rare}
    return [Unit(name, f"{__name__}:run", code, read, params, **how) for name, read in reads.items()]


def run(work: Work) -> dict:
    """Translate one shard."""
    from style_transfer.translate_stage import translate_shard

    translate_shard(work.one("render"), work.one("translator"), work.config.translator, work.bench)
    return {}


STAGE = Stage("translate", "translating the rendered people", units, sharded=True)
