import json

import numpy as np
import pytest
from PIL import Image

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS
from training.datasets.posetrack import read_posetrack


def _rectangle17(track: int, **changes):
    points = [{"id": [i], "x": [10.0 + 4 * i], "y": [20.0 + 3 * i], "is_visible": [int(i != 3)]} for i in range(15) if i != 7]
    rectangle = {"x1": [10], "y1": [20], "x2": [40], "y2": [60], "track_id": [track], "annopoints": [{"point": points}]}
    return {**rectangle, **changes}


def _frame17(number: int, *rectangles, **changes):
    frame = {"image": [{"name": f"images/val/seq_a/{number:08d}.jpg"}], "annorect": list(rectangles), "is_labeled": [1]}
    return {**frame, **changes}


def _write(path, content):
    path.write_text(json.dumps(content))
    return path


def test_2017(tmp_path):
    frames = [_frame17(1, _rectangle17(4), _rectangle17(5)), _frame17(2, is_labeled=[0]), _frame17(3)]
    table, skipped = read_posetrack(_write(tmp_path / "a.json", {"annolist": frames}), None)
    assert table.skeleton.name == "posetrack15"
    np.testing.assert_array_equal(table.keypoints[0, 0], (10.5, 20.5))
    assert np.argwhere(~table.annotated).tolist() == [[0, 7], [1, 7]]
    assert np.argwhere(table.annotated & ~table.visible).tolist() == [[0, 3], [1, 3]]
    assert table.person_id.tolist() == [4, 5]
    assert table.images.sequences == ("seq_a",)
    assert table.images.sequence.tolist() == [0, 0, 0]
    assert table.images.frame.tolist() == [1, 2, 3]
    assert table.images.labelled.tolist() == [True, False, True]
    assert table.images.frame[table.image].tolist() == [1, 1]
    assert table.head_size[0] == pytest.approx(0.6 * 50)
    assert table.images.has_person.tolist() == [True, True, False]
    assert skipped.counts == {}


def test_2017_malformed_rectangles(tmp_path):
    bad_id = _rectangle17(1, annopoints=[{"point": [{"id": [15], "x": [1], "y": [2]}]}])
    no_points = _rectangle17(1, annopoints=[])
    no_x = _rectangle17(1, annopoints=[{"point": [{"id": [1], "y": [2]}]}])
    frames = [_frame17(1, _rectangle17(0), bad_id, no_points, no_x), {"image": []}]
    table, skipped = read_posetrack(_write(tmp_path / "a.json", {"annolist": frames}), None)
    assert len(table) == 1
    assert skipped.counts == {
        "wrong number of keypoints": 1,
        "no keypoints": 1,
        "entry incomplete or of the wrong type": 1,
        "image entry incomplete or of the wrong type": 1,
    }


def _document18(sequence: str, version: int, first_id: int):
    """Two labelled frames with one person each, and one unlabelled frame."""
    images = [
        {"id": first_id + n, "file_name": f"images/val/{sequence}/{n:06d}.jpg", "vid_id": sequence, "is_labeled": n < 2}
        for n in range(3)
    ]
    keypoints = [v for i in range(17) for v in (10.0 + 4 * i, 20.0 + 3 * i, int(i not in (3, 4)))]
    people = [
        {"id": 100 * (first_id + n), "image_id": first_id + n, "category_id": 1, "keypoints": keypoints,
         "bbox_head": [5, 5, 30, 40], "track_id": 3 + n, "bbox": [5, 10, 80, 70]}
        for n in range(2)
    ]  # fmt: skip
    if version == 2021:
        people = [{**p, "person_id": 77} for p in people]
    else:
        del people[1]["bbox"]
    categories = [{"id": 1, "name": "person", "keypoints": list(SKELETONS["posetrack17"].keypoints)}]
    return {"images": images, "annotations": people, "categories": categories}


def _tracked(*frames):
    """One person, track 0, in each frame (file name, vid_id)."""
    document = _document18("seq", 2018, 0)
    person = document["annotations"][0]
    document["images"] = [
        {"id": n, "file_name": name} | ({} if video is None else {"vid_id": video}) for n, (name, video) in enumerate(frames)
    ]
    document["annotations"] = [{**person, "id": n, "image_id": n, "track_id": 0} for n in range(len(frames))]
    return document


@pytest.mark.parametrize(
    ("frames", "sequences", "of_frames"),
    [
        (["clip01/img1/1.jpg", "clip01/img1/2.jpg", "clip02/img1/1.jpg"], ("clip01/img1", "clip02/img1"), [0, 0, 1]),
        (["a/left/1.jpg", "a/right/1.jpg", "b/left/1.jpg"], ("a/left", "right", "b/left"), [0, 1, 2]),
        (["1.jpg", "2.jpg"], ("",), [0, 0]),
        ([("1.jpg", "7"), ("2.jpg", "7"), ("3.jpg", 8)], ("7", "8"), [0, 0, 1]),
        ([("walk/1.jpg", 7), ("walk/2.jpg", 7), ("run/1.jpg", 8)], ("walk", "run"), [0, 0, 1]),
    ],
)
def test_clips_whose_folders_have_one_name_are_sequences_of_their_own(tmp_path, frames, sequences, of_frames):
    frames = [frame if isinstance(frame, tuple) else (frame, None) for frame in frames]
    table, _ = read_posetrack(_write(tmp_path / "a.json", _tracked(*frames)), None)
    assert table.images.sequences == sequences
    assert table.images.sequence.tolist() == of_frames


@pytest.mark.parametrize("version", [2018, 2021])
def test_2018_and_2021_a_folder_of_sequences(tmp_path, version):
    _write(tmp_path / "a.json", _document18("seq_a", version, 10))
    _write(tmp_path / "b.json", _document18("seq_b", version, 20))
    table, skipped = read_posetrack(tmp_path, None)
    assert table.skeleton.name == "posetrack17"
    assert table.source_id == ("1000", "1100", "2000", "2100")
    assert table.image.tolist() == [0, 1, 3, 4]
    assert table.person_id.tolist() == [3, 4, 3, 4]
    assert table.images.sequences == ("seq_a", "seq_b")
    assert table.images.sequence.tolist() == [0, 0, 0, 1, 1, 1]
    assert table.images.frame.tolist() == [0, 1, 2, 0, 1, 2]
    assert table.images.labelled.tolist() == [True, True, False] * 2
    assert table.images.frame[table.image].tolist() == [0, 1, 0, 1]
    assert table.head_size[0] == pytest.approx(0.6 * 50)
    np.testing.assert_array_equal(table.keypoints[0, 0], (10.5, 20.5))
    np.testing.assert_array_equal(table.visible, table.annotated)
    assert (~table.annotated[0]).nonzero()[0].tolist() == [3, 4]
    assert table.images.has_person.all()
    assert skipped.counts == {}


def test_images_under_another_root(tmp_path):
    for sequence in ("seq_a", "seq_b"):
        (tmp_path / "frames" / sequence).mkdir(parents=True)
    for n in range(3):
        Image.new("RGB", (120, 90)).save(tmp_path / "frames" / "seq_a" / f"{n:06d}.jpg")
    _write(tmp_path / "a.json", _document18("seq_a", 2018, 10))
    table, _ = read_posetrack(tmp_path / "a.json", tmp_path / "frames")
    assert table.images.file_name[0] == "seq_a/000000.jpg"
    assert table.images.size_wh[0, 0] == 120


def test_versions_are_not_mixed_and_something_has_to_be_there(tmp_path):
    with pytest.raises(InputError, match=r"no \.json file"):
        read_posetrack(tmp_path, None)
    _write(tmp_path / "a.json", {"annolist": [_frame17(1, _rectangle17(4))]})
    _write(tmp_path / "b.json", _document18("seq_b", 2018, 20))
    with pytest.raises(InputError, match=r"b\.json: skeleton posetrack17, but .*a\.json has posetrack15"):
        read_posetrack(tmp_path, None)
    _write(tmp_path / "a.json", {"annolist": []})
    with pytest.raises(InputError, match="names an image"):
        read_posetrack(tmp_path / "a.json", None)


def test_regions_to_ignore_are_their_frame_s_in_continuous_px(tmp_path):
    region = [{"point": [{"x": [x], "y": [y]} for x, y in ((0, 0), (10, 0), (10, 5))]}, {"point": [{"x": [1]}]}, {"point": 3}]
    frames = [_frame17(1, _rectangle17(4)), _frame17(2, ignore_regions=region)]
    table, _ = read_posetrack(_write(tmp_path / "a.json", {"annolist": frames}), None)
    outline = [[0.5, 0.5, 10.5, 0.5, 10.5, 5.5]]
    assert table.images.ignore == ([], [outline])
    assert table.images.has_person.tolist() == [True, True]
    content = _document18("seq_a", 2018, 10)
    content["images"][1] |= {"ignore_regions_x": [[0, 10, 10], [1, 2]], "ignore_regions_y": [[0, 0, 5], [1, 2]]}
    table, _ = read_posetrack(_write(tmp_path / "b.json", content), None)
    assert table.images.ignore == ([], [outline], [])


def test_a_frame_without_people_has_its_number(tmp_path):
    frames = [_frame17(3), _frame17(7, _rectangle17(4)), _frame17(99999999999999999999)]
    table, _ = read_posetrack(_write(tmp_path / "a.json", {"annolist": frames}), None)
    assert table.images.frame.tolist() == [3, 7, -1]
