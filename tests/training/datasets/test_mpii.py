import json

import h5py
import numpy as np
import pytest
import scipy.io
from PIL import Image

from smpl_assets.errors import InputError
from training.datasets.mpii import read_mpii

JOINTS = np.stack([np.arange(16) * 5.0 + 21, np.arange(16) * 3.0 + 11], axis=1)
CENTRE, SCALE = np.array([60.0, 40.0]), 0.5


def _joints_with_one_missing() -> np.ndarray:
    joints = JOINTS.copy()
    joints[9] = 0
    return joints


def _check(table):
    """What every form of the same person has to give."""
    assert table.skeleton.name == "mpii16"
    np.testing.assert_allclose(table.keypoints[0, 0], (20.5, 10.5))
    assert (~table.annotated[0]).nonzero()[0].tolist() == [9]
    assert (~table.visible[0]).nonzero()[0].tolist() == [2, 9]
    np.testing.assert_allclose(table.center[0], CENTRE - 0.5)
    np.testing.assert_allclose(table.scale[0], SCALE)


def _cpm(**changes):
    joints = np.concatenate([_joints_with_one_missing(), np.ones((16, 1))], axis=1)
    joints[2, 2] = 0
    row = {
        "img_paths": "000000007.jpg",
        "img_width": 120.0,
        "img_height": 90.0,
        "objpos": CENTRE.tolist(),
        "scale_provided": SCALE,
    }
    return {**row, "joint_self": joints.tolist(), "isValidation": 0.0, **changes}


def test_the_common_json(tmp_path):
    path = tmp_path / "mpii.json"
    path.write_text(json.dumps([_cpm()]))
    table, skipped = read_mpii(path, None)
    _check(table)
    assert table.head_size[0] == 25 * SCALE
    assert tuple(table.images.size_wh[0]) == (120, 90)
    assert skipped.read == 1


def test_the_json_split_is_taken_where_the_file_marks_both(tmp_path):
    path = tmp_path / "mpii.json"
    path.write_text(json.dumps([_cpm(), _cpm(isValidation=1.0), _cpm()]))
    assert read_mpii(path, None, "train")[0].source_id == ("0", "2")
    assert read_mpii(path, None, "validation")[0].source_id == ("1",)
    assert len(read_mpii(path, None)[0]) == 3
    path.write_text(json.dumps([_cpm(), _cpm()]))
    assert len(read_mpii(path, None, "validation")[0]) == 2


def test_hrnets_json(tmp_path):
    joints = _joints_with_one_missing()
    joints[9] = -1
    seen = [1] * 16
    seen[2] = seen[9] = 0
    row = {"image": "7.jpg", "joints": joints.tolist(), "joints_vis": seen, "center": CENTRE.tolist(), "scale": SCALE}
    path = tmp_path / "train.json"
    path.write_text(json.dumps([row]))
    Image.new("RGB", (120, 90)).save(tmp_path / "7.jpg")
    table, _ = read_mpii(path, tmp_path)
    _check(table)
    assert tuple(table.images.size_wh[0]) == (120, 90)


def _write_h5(path, **changes):
    visible = np.ones((1, 16))
    visible[0, [2, 9]] = 0
    arrays = {
        "imgname": np.array([b"7.jpg"]),
        "part": _joints_with_one_missing()[None],
        "visible": visible,
        "center": np.array([[CENTRE[0], CENTRE[1] + 15 * SCALE]]),
        "scale": np.array([SCALE * 1.25]),
        "normalize": np.array([11.0]),
        **changes,
    }
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            if array is not None:
                file[name] = array


@pytest.mark.parametrize("name", [np.array([b"7.jpg"]), np.array([[ord(c) for c in "7.jpg"] + [0, 0]])])
def test_the_hourglass_file_with_shift_and_widening_undone(tmp_path, name):
    _write_h5(tmp_path / "valid.h5", imgname=name)
    table, _ = read_mpii(tmp_path / "valid.h5", None)
    _check(table)
    assert table.head_size[0] == 11.0
    assert table.images.file_name[0] == "7.jpg"


def _struct(**fields):
    """A 1 x 1 MATLAB struct."""
    array = np.empty((1, 1), dtype=[(n, object) for n in fields])
    for name, value in fields.items():
        array[0, 0][name] = value
    return array


def _struct_array(rows):
    array = np.empty((1, len(rows)), dtype=[(n, object) for n in rows[0]])
    for i, row in enumerate(rows):
        for name, value in row.items():
            array[0, i][name] = value
    return array


def _release(points):
    """A file structured as the official release: a test image, and a training image with two people, one without points."""
    point = _struct_array([{"id": i, "x": x, "y": y, "is_visible": flag} for i, x, y, flag in points])
    nothing = np.empty((0, 0))
    people = _struct_array(
        [
            {
                "x1": 10,
                "y1": 20,
                "x2": 40,
                "y2": 60,
                "annopoints": _struct(point=point),
                "scale": SCALE,
                "objpos": _struct(x=60, y=40),
            },
            {"x1": 1, "y1": 2, "x2": 4, "y2": 6, "annopoints": nothing, "scale": nothing, "objpos": nothing},
        ]
    )
    image = [{"image": _struct(name="test.jpg"), "annorect": nothing}, {"image": _struct(name="7.jpg"), "annorect": people}]
    return _struct(annolist=_struct_array(image), img_train=np.array([[0, 1]]))


def test_the_official_release(tmp_path):
    flags = ["1", 1, "0", *["1"] * 12, np.empty((0, 0))]
    points = [(i, *xy, flag) for i, (xy, flag) in enumerate(zip(JOINTS, flags, strict=True)) if i != 9]
    scipy.io.savemat(tmp_path / "mpii.mat", {"RELEASE": _release(points)})
    table, skipped = read_mpii(tmp_path / "mpii.mat", None, "train")
    assert not table.visible[0, 15]
    table.visible[0, 15] = True
    _check(table)
    assert table.head_size[0] == pytest.approx(0.6 * 50)
    assert table.source_id == ("1:0",)
    assert table.images.file_name == ("7.jpg",)
    assert skipped.counts == {"no keypoints": 1}
    with pytest.raises(InputError, match="marks no validation people"):
        read_mpii(tmp_path / "mpii.mat", None, "validation")


BAD_ROWS = {
    "wrong number of keypoints": {"joint_self": [[1, 2, 1]] * 15},
    "NaN or infinite value": {"joint_self": [[float("nan"), 2, 1]] * 16},
    "no centre or scale": {"scale_provided": -1},
    "entry incomplete or of the wrong type": {"scale_provided": "big"},
    "box outside the image": {"joint_self": [[500 + i, 500 + i, 1] for i in range(16)]},
}


@pytest.mark.parametrize("reason", BAD_ROWS)
def test_a_malformed_row_is_skipped(tmp_path, reason):
    path = tmp_path / "mpii.json"
    path.write_text(json.dumps([_cpm(), _cpm(**BAD_ROWS[reason])]))
    table, skipped = read_mpii(path, None)
    assert table.source_id == ("0",)
    assert skipped.counts == {reason: 1}
    assert "1" in skipped.entries[0]["entry"]


def test_people_on_missing_images_are_skipped(tmp_path):
    Image.new("RGB", (120, 90)).save(tmp_path / "000000007.jpg")
    path = tmp_path / "mpii.json"
    path.write_text(json.dumps([_cpm(), _cpm(img_paths="8.jpg"), _cpm(img_paths="8.jpg")]))
    _, skipped = read_mpii(path, tmp_path)
    assert skipped.counts == {"image not in the folder": 1, "person on an image that was skipped": 2}


def test_unusable_files(tmp_path):
    (tmp_path / "a.json").write_text("[{}]")
    (tmp_path / "b.h5").write_bytes(b"no hdf5")
    (tmp_path / "c.mat").write_bytes(b"no matlab")
    (tmp_path / "d.txt").write_text("")
    scipy.io.savemat(tmp_path / "e.mat", {"other": 1})
    _write_h5(tmp_path / "f.h5", scale=None)
    _write_h5(tmp_path / "g.h5", scale=np.ones(3))
    rules = {
        "a.json": "not a list of people", "b.h5": "not a readable HDF5 file", "c.mat": "not a readable MATLAB file",
        "d.txt": "end with .mat, .json or .h5", "e.mat": "no RELEASE", "f.h5": "no scale; found", "g.h5": "all arrays as long",
    }  # fmt: skip
    for name, rule in rules.items():
        with pytest.raises(InputError, match=rule) as error:
            read_mpii(tmp_path / name, None)
        assert name in error.value.what


def test_a_matlab_7_3_file_says_what_to_do(tmp_path):
    header = b"MATLAB 7.3 MAT-file".ljust(124) + (0x0200).to_bytes(2, "little") + b"IM"
    (tmp_path / "new.mat").write_bytes(header + bytes(512))
    with pytest.raises(InputError, match=r"MATLAB 7\.3") as error:
        read_mpii(tmp_path / "new.mat", None)
    assert "-v7" in error.value.next_step
