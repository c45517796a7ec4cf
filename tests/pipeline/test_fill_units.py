"""Poses that fill the gap in the DAG: which units there are, what they read, and what makes them stale."""

from __future__ import annotations

import pytest

from pipeline.config import load_config
from pipeline.shape import Shape
from pipeline.stages import STAGES
from pipeline.unit import Reads, Unit, units_read

FILLED = ['train.variants=["baseline", "asrpt+fill"]', "render.fill=40", "render.per_pose=5"]


def units(stage: str, *changes: str) -> dict[str, Unit]:
    return {u.name: u for u in Shape(load_config(None, [*FILLED, *changes]), STAGES).units(stage)}


def test_a_pattern_reads_several_units_in_their_order() -> None:
    known = ["0", "1", "fill-0", "10", "fill-1"]
    assert units_read(Reads("render"), known) == known
    assert units_read(Reads("render", "[0-9]*"), known) == ["0", "1", "10"]
    assert units_read(Reads("render", "fill-*"), known) == ["fill-0", "fill-1"]
    assert units_read(Reads("render", "1"), known) == ["1"]
    assert units_read(Reads("render", "2"), known) == ["2"]  # a unit that is named is there, or it is missed


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        ("render.fill=41", True),
        ("rare_poses.threshold=1.2", True),
        ("rare_poses.neighbours=7", True),
        ("inverse.pool.variation=0.5", True),
        ("fit.gate.penetration_m=0.01", True),
        ("train.epochs=3", False),
        ("train.seeds=2", False),
        ("rare_poses.sweep=false", False),
        ("fit.gate.surprise=2.0", False),
        ("inverse.steps=10", False),
        ("render.per_pose=9", False),
        ("render.fill_per_pose=9", False),
    ],
)
def test_what_the_choice_of_poses_depends_on(change: str, stale: bool) -> None:
    assert (units("fill", change)["all"] != units("fill")["all"]) == stale


@pytest.mark.parametrize(
    ("change", "rare", "fill"),
    [
        ("render.fill_per_pose=9", False, True),
        ("render.per_pose=9", True, False),
        ("render.count=90", True, False),
        ("render.pose_jitter_deg=3.0", True, True),
        ("render.far_views=0.0", True, True),
        ("inverse.pool.variation=0.5", True, True),
        ("render.fill=41", False, False),  # by way of the stage fill alone
        ("train.epochs=3", False, False),
    ],
)
def test_either_kind_of_shard_depends_on_its_own_settings(change: str, rare: bool, fill: bool) -> None:
    before, after = units("render"), units("render", change)
    assert (after["0"] != before["0"], after["fill-0"] != before["fill-0"]) == (rare, fill)


def test_without_neighbours_the_pool_does_not_count() -> None:
    plain = ("render.neighbours=0.0",)
    assert units("render", *plain, "inverse.pool.variation=0.5") == units("render", *plain)
    once = ("render.per_pose=1", "render.fill_per_pose=1")
    assert units("render", *once, "inverse.pool.variation=0.5") == units("render", *once)


def test_who_renders_the_pool_does_not_depend_on_repetitions() -> None:
    for change in ("render.per_pose=9", "render.neighbours=0.0", "render.fill=9", "render.mirror_share=0.0"):
        assert units("start_set", change) == units("start_set")
    assert units("start_set", "render.shadows=false") != units("start_set")


def test_translation_is_learnt_from_and_made_of_rare_people_alone() -> None:
    assert set(units("translate")) == {"0"}
    assert units("translator")["all"].reads["render"].unit == "[0-9]*"
    kinds = units("augment")
    assert set(kinds) == {"real", "translated", "fill"}
    assert kinds["fill"].reads["shards"].unit == "fill-*"
    assert kinds["fill"].reads["fill"].stage == "fill"
    assert set(units("train")["asrpt+fill"].reads) >= {"augment/translated", "augment/fill"}


def test_filling_alone_needs_no_fit() -> None:
    changes = ('train.variants=["baseline", "fill"]', 'evaluate.variants=["baseline", "fill"]')
    assert set(units("render", *changes)) == {"fill-0"}
    shape = Shape(load_config(None, [*FILLED, *changes]), STAGES)
    assert not {"inverse", "fit", "translator"} & {s.name for s in shape.upstream(["report"])}


@pytest.mark.parametrize("stage", ["inverse", "fit", "fill", "render", "start_set", "track_data"])
def test_what_follows_the_annotators_of_a_set(stage: str) -> None:
    """Fits, fill and renders do; what serves every data set does not."""
    asked = ["train.start=render", "track.enabled=true"]
    was, now = (units(stage, *asked, *more) for more in ((), ("body.keypoints.hip_out=9.0",)))
    assert was.keys() == now.keys() != set()
    assert (was != now) == (stage in ("fit", "fill", "render"))
