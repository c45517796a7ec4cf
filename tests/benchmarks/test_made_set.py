"""The made set of `benchmarks/rare_gain_made.py` at a few people: what its files say, and that a seed gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.gain_rows import ORACLE, SETS
from benchmarks.made_people import LEAST_COSINE, SHAPE_MAGNITUDE, draw_people, trunk_up
from benchmarks.made_set import SIDE_PX, SKELETON, Counts, write_set
from smpl_assets.body.kinematics import ADULT_OFFSETS, stick_joints
from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.errors import InputError
from smpl_assets.pictures import read_header
from smpl_assets.pose_table import PoseTable
from training.datasets.coco import read_coco

pytestmark = pytest.mark.slow
COUNTS = Counts(2, 1, 1, 1, 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "set"
    write_set(folder, COUNTS)
    return folder


@pytest.fixture(scope="module")
def table(made: Path) -> PoseTable:
    read, skipped = read_coco(made / "annotations.json", made / "images")
    assert not skipped.counts
    return read


def below(table: PoseTable, name: str) -> np.ndarray:
    """By how many torsos the shoulders lie below the hips in the image (N,)."""
    middle = [
        np.mean([table.keypoints[:, table.skeleton.index(f"{side}_{joint}")] for side in ("left", "right")], axis=0)
        for joint in ("shoulder", "hip")
    ]
    rows = [row for row in range(len(table)) if table.file_name(row).startswith(name)]
    return (middle[0] - middle[1])[rows, 1]


def test_the_reader_finds_everybody_whole(made: Path, table: PoseTable) -> None:
    assert table.skeleton.name == SKELETON.name
    assert len(table) == 6
    assert table.annotated.all()
    assert ((table.keypoints > 0) & (table.keypoints < SIDE_PX)).all()
    assert {read_header(path).size_wh for path in (made / "images").iterdir()} == {(SIDE_PX, SIDE_PX)}


def test_rare_people_are_upside_down_in_the_picture_too(table: PoseTable) -> None:
    for part in ("train_rare", "rare_pool", "val_rare"):
        assert (below(table, part) > 0).all()
    for part in ("train_common", "val_common"):
        assert (below(table, part) < 0).all()


def test_lists_name_every_photograph_and_never_train_on_a_tested_one(made: Path) -> None:
    names = {path.stem: path.read_text().split() for path in (made / "lists").glob("*.txt")}
    images = {path.name for path in (made / "images").iterdir()}
    assert set(names["train_oracle"]) | set(names["val_both"]) == images
    assert not set(names["train_oracle"]) & set(names["val_both"])
    assert len(names["train_longtail"]) == 3
    assert {Path(file).stem for file in SETS.values()} <= set(names)
    assert Path(ORACLE.partition("=")[2]).stem in names


def test_the_same_seed_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    write_set(tmp_path / "again", COUNTS)
    again = {path.relative_to(tmp_path / "again"): path.read_bytes() for path in (tmp_path / "again").rglob("*.*")}
    assert again == {path.relative_to(made): path.read_bytes() for path in made.rglob("*.*")}


def test_a_finished_set_is_kept_and_another_one_refused(made: Path) -> None:
    before = (made / "annotations.json").stat().st_mtime_ns
    write_set(made, COUNTS)
    assert (made / "annotations.json").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="something else"):
        write_set(made, COUNTS, seed=2)


@pytest.mark.parametrize(("kind", "sign"), [("usual", 1.0), ("rare", -1.0)])
def test_people_meet_the_criterion_before_they_are_rendered(kind: str, sign: float) -> None:
    people = draw_people(kind, 2, 5, 12)
    pose = BodyPose.from_axis_angle(people)
    up = trunk_up(stick_joints(pose.body_pose, pose.global_orient, ADULT_OFFSETS))
    assert (sign * up >= LEAST_COSINE - 1e-5).all()
    assert (np.abs(people.shape) >= SHAPE_MAGNITUDE[0] - 1e-6).all()
    assert nearest(people, draw_people(kind, 2, 6, 12)) > 0.1


def nearest(some: BodyParameters, others: BodyParameters) -> float:
    """The least distance (rad) of two postures."""
    return float(torch.cdist(*(torch.from_numpy(p.body_pose.reshape(len(p.transl), -1)) for p in (some, others))).min())
