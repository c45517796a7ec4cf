import numpy as np
import pytest
import scipy.io
from PIL import Image

from smpl_assets.errors import InputError
from training.datasets.lsp import read_lsp


def _joints(people: int) -> np.ndarray:
    """(people, 14, 3) with the person's number in x and the joint's in y."""
    joints = np.zeros((people, 14, 3))
    joints[..., 0] = np.arange(people)[:, None] + 31 + 2 * np.arange(14)
    joints[..., 1] = 41 + 3 * np.arange(14)
    return joints


def _save(path, joints, extended):
    scipy.io.savemat(path, {"joints": joints.transpose(1, 2, 0) if extended else joints.transpose(2, 1, 0)})


def test_lsp_third_row_says_hidden(tmp_path):
    joints = _joints(3)
    joints[1, 4, 2] = 1
    _save(tmp_path / "joints.mat", joints, extended=False)
    table, skipped = read_lsp(tmp_path / "joints.mat", None)
    assert table.skeleton.name == "lsp14"
    np.testing.assert_allclose(table.keypoints[2, 1], (31 + 2 + 2 - 0.5, 44 - 0.5))
    assert table.annotated.all()
    assert np.argwhere(~table.visible).tolist() == [[1, 4]]
    assert table.images.file_name == (
        "im0001.jpg",
        "im0002.jpg",
        "im0003.jpg",
    )
    assert table.source_id == ("0", "1", "2")
    assert skipped.counts == {}


def test_lsp_extended_third_column_says_visible_and_else_coordinates_mean_nothing(tmp_path):
    joints = _joints(2)
    joints[..., 2] = 1
    joints[1, 4] = (-999, np.nan, 0)
    _save(tmp_path / "joints.mat", joints, extended=True)
    table, skipped = read_lsp(tmp_path / "joints.mat", None)
    assert np.argwhere(~table.annotated).tolist() == [[1, 4]]
    np.testing.assert_array_equal(table.annotated, table.visible)
    np.testing.assert_array_equal(table.keypoints[1, 4], (0, 0))
    np.testing.assert_allclose(table.keypoints[0, 0], (30.5, 40.5))
    assert table.images.file_name[1] == "im00002.jpg"
    assert skipped.counts == {}


@pytest.mark.parametrize(("split", "rows"), [("train", range(1000)), ("validation", range(1000, 2000)), (None, range(2000))])
def test_the_official_split_of_lsp(tmp_path, split, rows):
    _save(tmp_path / "joints.mat", _joints(2000), extended=False)
    table, _ = read_lsp(tmp_path / "joints.mat", None, split)
    assert table.source_id == tuple(map(str, rows))
    assert table.images.file_name[0] == f"im{rows[0] + 1:04d}.jpg"


def test_missing_images_and_nan(tmp_path):
    joints = _joints(3)
    joints[2, 3, 0] = np.nan
    _save(tmp_path / "joints.mat", joints, extended=False)
    for n in (1, 3):
        Image.new("RGB", (150, 120)).save(tmp_path / f"im{n:04d}.jpg")
    table, skipped = read_lsp(tmp_path / "joints.mat", tmp_path)
    assert table.source_id == ("0",)
    assert table.images.size_wh[0, 0] == 150
    assert skipped.counts == {"image not in the folder": 1, "person on an image that was skipped": 1, "NaN or infinite value": 1}


def test_one_person_whose_third_axis_matlab_drops(tmp_path):
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": _joints(1)[0].T})
    table, _ = read_lsp(tmp_path / "joints.mat", None)
    np.testing.assert_allclose(table.keypoints[0, 1], (32.5, 43.5))


@pytest.mark.parametrize("content", [{"other": 1}, {"joints": np.zeros((3, 15, 4))}, {"joints": np.zeros((3, 15))}])
def test_other_arrays_are_refused(tmp_path, content):
    scipy.io.savemat(tmp_path / "joints.mat", content)
    with pytest.raises(InputError, match=r"\(3, 14, people\) or \(14, 3, people\)"):
        read_lsp(tmp_path / "joints.mat", None)
