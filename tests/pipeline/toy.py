"""A toy DAG of three stages, for the machinery's own tests: numbers (one unit) -> square (shards) -> total (one unit)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from pipeline.config import Config
from pipeline.unit import Facts, Reads, Stage, Unit, Work

COUNT = 4


def run_numbers(work: Work) -> dict:
    (work.out / "numbers.txt").write_text(" ".join(map(str, range(COUNT))))
    return {"count": COUNT}


def _node() -> str:
    """The Ray node that this process works for."""
    ray = sys.modules.get("ray")
    return ray.get_runtime_context().get_node_id() if ray and ray.is_initialized() else "here"


def run_square(work: Work) -> dict:
    if flag := os.environ.get("TOY_MARKS"):
        Path(flag, f"{work.unit.name}-{_node()}-{os.getpid()}").touch()
        time.sleep(float(os.environ.get("TOY_SECONDS", "0")))
        if work.unit.name == "0" and len(list(Path(flag).glob("0-*"))) <= int(os.environ.get("TOY_DIE", "0")):
            os._exit(9)
    if os.environ.get("TOY_FAIL") == work.unit.name:
        raise ValueError("a toy that breaks")
    number = int((work.one("numbers") / "numbers.txt").read_text().split()[int(work.unit.name)])
    work.progress(1, 1)
    (work.out / "square.txt").write_text(str(number**2))
    return {}


def run_total(work: Work) -> dict:
    (work.out / "total.txt").write_text(str(sum(int((p / "square.txt").read_text()) for p in work.inputs["square"])))
    return {}


def _square_units(config: Config, facts: Facts) -> list[Unit]:
    count = facts("numbers")["count"]
    return [_unit(str(i), "square", reads={"numbers": Reads("numbers")}, items=(i, i + 1)) for i in range(count)]


def _unit(name: str, stage: str, **others: Any) -> Unit:
    return Unit(name, f"tests.pipeline.toy:run_{stage}", ("smpl_assets.seeds",), **others)


def _numbers_units(config: Config, facts: Facts) -> list[Unit]:
    return [_unit("all", "numbers", params={"seeded": config.seed > 0})]


def _total_units(config: Config, facts: Facts) -> list[Unit]:
    return [_unit("all", "total", reads={"square": Reads("square")})]


STAGES = (
    Stage("numbers", "counting", _numbers_units),
    Stage("square", "squaring", _square_units, sharded=True),
    Stage("total", "adding up", _total_units),
)


def run_slow(work: Work) -> dict:
    if os.environ.get("TOY_FAIL") == "slow":
        raise ValueError("a toy that breaks")
    (work.out / "slow.txt").write_text("slow")
    return {}


def run_train(work: Work) -> dict:
    (work.out / "train.txt").write_text(work.unit.name)
    return {}


def _slow_units(config: Config, facts: Facts) -> list[Unit]:
    return [_unit("all", "slow", reads={"numbers": Reads("numbers")})]


def _train_units(config: Config, facts: Facts) -> list[Unit]:
    known = {"base": "numbers", "more": "slow"} if config.seed < 5 else {"base": "numbers"}
    return [_unit(name, "train", reads={stage: Reads(stage)}) for name, stage in known.items()]


# Two branches that one stage joins: train/base needs numbers alone, train/more (which seeds from 5 on do without) slow too.
BRANCHES = (
    STAGES[0],
    Stage("slow", "taking its time", _slow_units),
    Stage("train", "training", _train_units),
    Stage("total", "adding up", lambda config, facts: [_unit("all", "train", reads={"train": Reads("train")})]),
)
