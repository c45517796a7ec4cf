"""Trackers in the plan: off by default, each row by itself, only what depends on a setting stale."""

import pytest

from pipeline.closure import code_of
from pipeline.config import load_config
from pipeline.shape import Shape
from pipeline.sources import CodeCache
from pipeline.stages import STAGES
from pipeline.unit import Unit
from smpl_assets.errors import InputError

TRACKING = ("track_data", "track_train", "track", "track_evaluate")


def units(stage: str, *changes: str, enabled: bool = True) -> dict[str, Unit]:
    config = load_config(None, [f"track.enabled={str(enabled).lower()}", 'render.backgrounds="builtin"', *changes])
    return {unit.name: unit for unit in Shape(config, STAGES).units(stage)}


def differing(stage: str, *changes: str) -> set[str]:
    """The units whose own settings a change touches."""
    before, after = units(stage), units(stage, *changes)
    return {name for name in after if before.get(name) != after[name]}


def test_they_are_off_by_default_and_plan_nothing() -> None:
    assert all(units(stage, enabled=False) == {} for stage in TRACKING)
    assert not load_config(None, []).track.enabled


def test_every_row_is_a_unit_that_reads_the_detections_once_made() -> None:
    rows = units("track")
    assert {"detect/own", "detect/truth", "own/distance", "truth/tml-refined"} <= set(rows)
    assert rows["own/tml"].reads["detections"].unit == "detect/own"
    assert units("track_evaluate")["own/tml"].reads["baseline"].unit == "own/distance"
    assert "baseline" not in units("track_evaluate")["own/distance"].reads


def test_alpha_changes_its_rows_and_trains_nothing() -> None:
    usual = {"distance": "{tracker='distance'}", "tml": "{tracker='tml'}"}
    rows = [f"track.rows.{name}={value}" for name, value in usual.items()]
    changed = [rows[0], "track.rows.tml={tracker='tml', options={alpha=0.7}}"]
    for stage in ("track_data", "track_train"):
        assert units(stage, *rows) == units(stage, *changed)
    before, after = units("track", *rows), units("track", *changed)
    assert {name for name in after if before[name] != after[name]} == {"own/tml", "truth/tml"}


def test_a_row_s_code_is_its_tracker_s() -> None:
    rows = units("track")
    assert rows["own/oks"].code == ("training.tracking.baselines.oks",)
    assert rows["own/tml"].code == rows["own/joint-flow"].code == ("training.tracking.tml",)


def test_training_s_settings_touch_the_network_alone_and_speed_touches_nothing() -> None:
    assert differing("track_train", "track.train.lr=0.01") == {"tml"}
    assert differing("track_train", "track.train.workers=3", "track.train.threads=1") == set()
    assert differing("track", "track.train.lr=0.01") == set()
    assert differing("track_train", "track.decode.peak=0.2") == set()
    assert differing("track", "track.decode.peak=0.2") == {"detect/own", "scores"}


def test_networks_of_trackers_are_trained_where_a_row_needs_them() -> None:
    assert set(units("track_train")) == {"tml", "reid", "graph"}
    assert set(units("track_train", "track.rows.tml={tracker='tml'}")) == {"tml"}
    assert units("track")["own/appearance"].reads["network"].unit == "reid"


def test_frames_are_compared_as_far_apart_as_rows_ask() -> None:
    assert units("track")["detect/own"].params["apart"] == 2
    online = "track.rows.tml={tracker='tml', options={online=true}}"
    assert units("track", online)["detect/own"].params["apart"] == 4


COMBINED = "track.rows.c={tracker='combined'}"


def test_combined_reads_the_augmented_set_where_a_variant_is_named() -> None:
    plain = units("track_train", COMBINED)["combined"]
    assert set(plain.reads) == {"track_data"}
    variant = units("track_train", COMBINED, "track.combined.variant=drp+asrpt+wlcd")
    assert set(variant["combined"].reads) == {"track_data", "annotations/train", "augment/real", "augment/translated"}
    assert variant["tml"] == units("track_train", COMBINED)["tml"]
    own = units("track_train", COMBINED, "track.combined.variant=drp", "train.recipes.mine.again=3")["combined"]
    assert own.params["recipe"]["again"] == 1
    assert own.reads.keys() == {"track_data", "annotations/train", "augment/real"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (["track.combined.variant=asrp+nothing"], "'nothing' is not a part"),
        (["track.combined.variant=dacp"], "dacp"),
        (["track.combined.variant=fill"], "shows fill samples, which no variant of train does"),
    ],
)
def test_a_variant_that_nobody_could_show_is_refused(changes: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        units("track_train", COMBINED, *changes)


def test_the_code_of_pose_crops_counts_where_they_are_learnt_from_alone() -> None:
    cache, crops = CodeCache(), "training.feeds.crops"
    plain = units("track_train", COMBINED)
    both = units("track_train", COMBINED, "track.combined.variant=drp")["combined"]
    assert crops in code_of(both.run, both.code, cache)
    assert all(crops not in code_of(unit.run, unit.code, cache) for unit in plain.values())
