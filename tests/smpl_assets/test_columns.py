"""Records of columns: rows chosen and joined, files that come back equal, and files that are something else."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
from jaxtyping import Float

from smpl_assets.columns import Columns, whole
from smpl_assets.errors import StageError
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import SKELETONS


@dataclass(frozen=True, eq=False)
class Weights(Columns):
    kg: Float[np.ndarray, " rows"]
    name: tuple[str, ...]
    units: tuple[str, ...] = whole(default=("kg",))
    scale: float = 1.0


def weights(*kg: float) -> Weights:
    return Weights(np.array(kg, np.float64), tuple(f"{v:g}" for v in kg))


def table(people: int, sequence: str, skeleton: str = "coco17") -> PoseTable:
    joints = len(SKELETONS[skeleton])
    images = ImageTable.of(
        ["a/1.jpg", "a/2.jpg"],
        size_wh=np.array([[100, 80], [0, 0]]),
        has_person=np.array([True, False]),
        sequence=np.array([0, -1]),
        frame=np.array([1, 2]),
        ignore=([[[0.5, 0.5, 4.5, 0.5, 4.5, 3.5]]], []),
        sequences=(sequence,),
    )
    rng = np.random.default_rng(people)
    return PoseTable(
        SKELETONS[skeleton], rng.random((people, joints, 2)), np.ones((people, joints), bool), np.ones((people, joints), bool),
        rng.random((people, 4)), rng.random((people, 2)), np.ones(people), np.full(people, np.nan), np.ones(people),
        np.zeros(people, np.int64), np.arange(people), tuple(map(str, range(people))), images,
    )  # fmt: skip


def test_rows_are_chosen_by_index_and_by_mask():
    record = weights(1, 2, 3)
    assert record.select(np.array([2, 0])).name == ("3", "1")
    assert record.select(np.array([True, False, True])).kg.tolist() == [1, 3]
    assert len(record.select(np.zeros(0, np.int64))) == 0


def test_equal_is_what_holds_the_same():
    assert weights(1, np.nan) == weights(1, np.nan)
    assert weights(1, 2) != weights(1, 3)
    assert weights(1) != dataclasses.replace(weights(1), scale=2.0)
    assert weights(1) != "1"


def test_parts_are_joined_if_they_are_of_one_kind():
    assert Weights.concatenate([weights(1), weights(), weights(2, 3)]) == weights(1, 2, 3)
    with pytest.raises(StageError, match="no Weights to join"):
        Weights.concatenate([])
    with pytest.raises(StageError, match="different scale"):
        Weights.concatenate([weights(1), dataclasses.replace(weights(1), scale=2.0)])


@pytest.mark.parametrize("record", [weights(1, np.nan), weights(), table(3, "a"), table(0, "a", "mpii16")], ids=str)
def test_files_come_back_equal_and_with_the_same_bytes(tmp_path, record):
    for name in ("a.npz", "b.npz"):
        record.save(tmp_path / name)
    assert type(record).load(tmp_path / "a.npz") == record
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_what_is_no_such_file_is_one_clear_error(tmp_path):
    weights(1).save(tmp_path / "weights.npz")
    (tmp_path / "text.npz").write_text("{}")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "weights.npz").read_bytes()[:200])
    np.savez(tmp_path / "other.npz", kg=np.ones(2))
    dataclasses.replace(weights(1), name=("1", "2")).save(tmp_path / "uneven.npz")
    for name in ("none.npz", "text.npz", "cut.npz", "other.npz", "uneven.npz"):
        with pytest.raises(StageError, match=rf"{name}: not a readable Weights file"):
            Weights.load(tmp_path / name)
    with pytest.raises(StageError, match=r"it holds \['Weights', 1\], \['PoseTable', 1\] is expected"):
        PoseTable.load(tmp_path / "weights.npz")


def test_tables_are_joined_with_their_images_and_sequences():
    both = PoseTable.concatenate([table(2, "x"), table(3, "y")])
    assert both.image.tolist() == [0, 0, 2, 2, 2]
    assert both.images.sequences == ("x", "y")
    assert both.images.sequence.tolist() == [0, -1, 1, -1]
    assert both.images.frame.tolist() == [1, 2, 1, 2]
    assert both.images.without_people() == ["a/2.jpg"] * 2
    assert both.file_name(4) == "a/1.jpg"
    with pytest.raises(StageError, match="different skeleton"):
        PoseTable.concatenate([table(1, "x"), table(1, "y", "mpii16")])
