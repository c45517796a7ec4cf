"""The tracker benchmark's rows and tables, on two made films: one whose people pass each other fast, one of slow people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.track_costs import LIMBS
from benchmarks.track_oracle import true_flow
from benchmarks.track_rows import BASE, Picked, rows
from benchmarks.track_tables import choose, mean_precision, table
from tests.training.tracking.films import film, walker
from training.tracking.detections import Detections
from training.tracking.film import Film

PASSING = [walker((20, 18), (24, 0), 4), walker((80, 34), (-24, 0), 4)]
STAGES = 2


def moving(made: Film, moves: float, shirt: bool = False) -> Film:
    """A film with what the pipeline records of its own."""
    return replace(made, sequence=replace(made.sequence, facts={"moves": moves, "same_shirt": shirt}))


@pytest.fixture(scope="module")
def films() -> list[Film]:
    return [moving(film("fast", PASSING, 4), 0.4, shirt=True), moving(film("slow", frames=4), 0.05)]


@pytest.fixture(scope="module")
def seen(films: list[Film]) -> dict[str, Detections]:
    return {f.sequence.name: true_flow(f, LIMBS, 2) for f in films}


def test_rows_that_learn_need_their_networks():
    alone, all_of_them = rows(Picked(), {}, None), rows(Picked(), {n: Path(n) for n in ("combined", "reid", "graph")}, 3)
    assert next(iter(alone)) == BASE
    assert set(all_of_them) - set(alone) == {
        "combined", "appearance", "lighttrack", "joint flow, 3 stages", "accumulated, 3 stages", "TML, 3 stages",
    }  # fmt: skip
    assert all_of_them["appearance"].network == Path("reid")
    assert [n for n, row in alone.items() if row.options.get("refine")] == [
        "joint flow + refinement", "accumulated + refinement", "TML + refinement",
    ]  # fmt: skip


def test_a_table_says_what_flow_gains_and_where(films: list[Film], seen: dict[str, Detections]):
    made = rows(Picked(alpha=0.5), {}, None)
    found = table(films, seen, {name: made[name] for name in (BASE, "TML, alpha 0", "TML")}, Picked(), STAGES)
    assert found["sequences"] == {"all": 2, "slow": 1, "fast": 1, "same shirt": 1}
    distance, tml = found["rows"][BASE], found["rows"]["TML"]
    assert (distance["all"]["gain"], distance["all"]["gain_interval"]) == (0, [0, 0])
    assert distance["fast"]["MOTA"] < tml["fast"]["MOTA"] == 100 == tml["fast"]["recall"]
    assert tml["fast"]["gain"] == pytest.approx(100 - distance["fast"]["MOTA"], abs=0.01)
    assert tml["same shirt"]["MOTA"] == tml["fast"]["MOTA"]
    low, high = tml["all"]["gain_interval"]
    assert low == tml["slow"]["gain"] < tml["all"]["gain"] < high == tml["fast"]["gain"]
    assert tml["slow"]["gain"] == 0 == tml["switches"] < distance["switches"]
    assert found["rows"]["TML, alpha 0"]["fast"]["MOTA"] == distance["fast"]["MOTA"]


def test_scores_that_nobody_reaches_cost_recall_but_no_mean_precision(films: list[Film], seen: dict[str, Detections]):
    line = table(films, seen, {BASE: rows(Picked(), {}, None)[BASE]}, Picked(joint=1.5), STAGES)["rows"][BASE]["all"]
    assert (line["recall"], line["every joint"]["recall"]) == (0, 100)
    assert mean_precision(films, seen) == {"slow": 100, "fast": 100}


def test_of_equal_choices_the_highest_that_loses_nobody(films: list[Film], seen: dict[str, Detections]):
    assert choose(films, seen, seen, STAGES) == Picked(alpha=0.9, reach=2.0, joint=0.75, person=0.7)  # all scores are 1
