"""Rendered sequences in the plan: only where trackers are asked for, in shards that stay when there are more of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.report.table import asked_for
from pipeline.shape import Shape
from pipeline.stages import STAGES
from pipeline.unit import Unit
from smpl_assets.errors import InputError

ON = ("track.enabled=true", "track.data.train=30", "track.data.validation=5")


def shape(*changes: str) -> Shape:
    return Shape(load_config(None, changes), STAGES)


def units(*changes: str) -> dict[str, Unit]:
    return {unit.name: unit for unit in shape(*changes).units("track_data")}


def test_there_are_none_unless_trackers_are_asked_for() -> None:
    assert units() == {}
    assert shape().after("track_data") == ()
    assert list(units(*ON)) == ["train-0", "train-1", "train-2", "validation-0"]
    assert units(*ON)["train-2"].items == (24, 30)


def test_a_shard_depends_on_what_its_sequences_show_and_on_nothing_else() -> None:
    before = units(*ON)
    more = units(*ON, "track.data.train=40", "render.image_size=99", "render.people=4", "render.per_pose=3", "train.epochs=3")
    assert {name: more[name] for name in ("train-0", "train-1", "validation-0")} == {
        name: before[name] for name in ("train-0", "train-1", "validation-0")
    }
    for change in ("track.data.frames=9", "track.data.speed=[0.1,0.2]", "render.supersampling=1", "render.sensor.noise=[0,1]"):
        assert units(*ON, change)["train-0"].params != before["train-0"].params, change
    assert before["train-0"].params["split"] == "train"
    assert before["validation-0"].params == before["train-0"].params | {"split": "validation"}


def test_bodies_are_fitted_for_it_only_where_people_take_rare_poses() -> None:
    assert {"rare_poses", "inverse", "fit"} <= names(*ON)
    for change in ("track.data.rare_share=0", "track.data.action_share=0"):
        assert not {"rare_poses", "inverse", "fit"} & names(*ON, change)


def names(*changes: str) -> set[str]:
    return {stage.name for stage in shape(*changes).upstream(["track_data"])}


def test_photographs_are_read_where_they_are_the_places() -> None:
    assert "annotations/train" not in units(*ON, 'render.backgrounds="builtin"')["train-0"].reads
    assert "annotations/train" in units(*ON, 'render.backgrounds="data"')["train-0"].reads


def test_the_user_s_motions_count_by_content_where_somebody_plays_them() -> None:
    files = 'inverse.pool.files=[{format="bvh",path="/nowhere/walks"}]'
    unit = units(*ON, files)["train-0"]
    assert "pool/0" in unit.externals
    assert unit.params["motions"][0]["format"] == "bvh"
    assert "smpl_assets.poses.bvh" in unit.code
    assert "pool/0" not in units(*ON, files, "track.data.clip_share=0")["train-0"].externals


def own_set(root: Path, *names: str) -> tuple[str, ...]:
    """Changes that name a folder of own sequences for training."""
    (root / "images").mkdir()
    for name in names:
        (root / f"{name}.json").write_text("{}")
    return f"track.own.train={root}", f"track.own.images={root / 'images'}"


def test_own_sequences_stand_before_filmed_ones_or_in_place_of_them(tmp_path: Path) -> None:
    own = (*ON, *own_set(tmp_path, "a", "b", "c"), "track.own.shard_size=2")
    assert list(units(*own)) == ["train-own-0", "train-own-1", "train-0", "train-1", "train-2", "validation-0"]
    assert {name: units(*own)[name] for name in units(*ON)} == units(*ON)
    assert list(units(*own, "track.data.train=0")) == ["train-own-0", "train-own-1", "validation-0"]
    assert set(units(*own)["train-own-1"].externals) == {"images", "sequences/c.json"}
    assert "track_data/*-own-*" in {name for s in asked_for(load_config(None, own)) for name in s.opens}
    scores = shape(*own, "track.scored_on=14").units("track")
    read = next(unit for unit in scores if unit.name == "scores").reads
    assert [r.unit for name, r in read.items() if name != "track_train"] == ["train-own-0", "train-own-1", "train-0"]


def test_a_split_without_any_sequence_is_refused() -> None:
    with pytest.raises(InputError, match=r"data.validation: 0 sequences are filmed, and own.validation names none"):
        load_config(None, ["track.data.validation=0"])


def test_an_own_sequence_named_as_a_filmed_one_is_refused(tmp_path: Path) -> None:
    own = (*ON, *own_set(tmp_path, "000003_mpii_train", "b"))
    with pytest.raises(InputError, match=r"000003_mpii_train.json: a filmed sequence has this name"):
        units(*own)
    assert list(units(*own, "track.data.train=0")) == ["train-own-0", "validation-0"]


@pytest.mark.parametrize("change", ["track.data.speed=[0.4,0.1]", "track.data.people=[0,3]", "track.data.height_share=[0.5,2]"])
def test_a_range_that_is_none_is_refused(change: str) -> None:
    with pytest.raises(InputError, match=r"a range from"):
        load_config(None, [change])
