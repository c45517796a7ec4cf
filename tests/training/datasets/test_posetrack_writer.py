import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.skipped import Skipped
from tests.training.datasets.sequences import JOINTS, people, same, sequence, walk
from training.datasets.posetrack import read_posetrack
from training.datasets.posetrack_sequences import read_sequence, read_sequences
from training.datasets.posetrack_writer import write_predictions, write_sequence
from training.tracking.people import UNTRACKED, Frame

DATA = Path(os.environ.get("RAREPOSE_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def _awkward(rng):
    """Hidden and missing joints, a frame without labels, one without people, no head box, regions to ignore, facts."""
    made = walk(3, 4, rng)
    frames = list(made.frames)
    first = frames[0].people
    keypoints, visible, heads = first.keypoints.copy(), first.visible.copy(), first.head_boxes.copy()
    keypoints[0, 3], visible[0, 3], visible[1, 5], heads[2] = np.nan, False, False, np.nan
    first = dataclasses.replace(first, keypoints=np.round(keypoints, 3), visible=visible, head_boxes=np.round(heads, 3))
    ignore = (np.array([[1.5, 2.5], [30.5, 2.5], [30.5, 40.25]]), np.array([[0.5, 0.5], [9.5, 0.5], [9.5, 9.5], [0.5, 9.5]]))
    frames[0] = dataclasses.replace(frames[0], people=first, ignore=ignore)
    frames[1] = dataclasses.replace(frames[1], people=None)
    frames[2] = dataclasses.replace(frames[2], people=people(np.zeros((0, 2)), []))
    return dataclasses.replace(made, frames=tuple(frames), facts={"speed": 0.25, "one_shirt": True, "camera": "still"})


@pytest.mark.parametrize("version", ["17", "18", "21"])
def test_what_was_written_is_read_back(version, tmp_path, rng):
    made = _awkward(rng)
    file = tmp_path / f"{made.name}.json"
    write_sequence(made, file, version)
    read, noted = read_sequences(file)
    if version != "17":
        places = [read[0].joints.index(j) for j in JOINTS]
        frames = []
        for frame in read[0].frames:
            if (own := frame.people) is not None:
                columns = {n: getattr(own, n)[:, places] for n in ("keypoints", "joint_scores", "visible")}
                own = dataclasses.replace(own, **columns)
            frames.append(dataclasses.replace(frame, people=own))
        read = [dataclasses.replace(read[0], joints=JOINTS, frames=tuple(frames))]
    ones = []
    for frame in made.frames:
        if (own := frame.people) is not None:
            own = dataclasses.replace(own, joint_scores=own.present.astype(float))
        ones.append(dataclasses.replace(frame, people=own))
    same(read[0], dataclasses.replace(made, frames=tuple(ones)), atol=1e-6)
    assert not noted.noted


@pytest.mark.parametrize("version", ["17", "18", "21"])
@pytest.mark.parametrize("predicted", [False, True])
def test_what_was_read_is_written_back_to_the_byte(version, predicted, tmp_path, rng):
    write_sequence(_awkward(rng), tmp_path / "a.json", version, predicted)
    read = read_sequence(tmp_path / "a.json", predicted, Skipped())
    write_sequence(read, tmp_path / "b.json", version, predicted)
    again = dataclasses.replace(read_sequence(tmp_path / "b.json", predicted, Skipped()), name="a")
    same(read, again)


def test_files_of_the_field_are_read_and_written_back(tmp_path):
    files = [*sorted(DATA.glob("poseval_cases/*s/*/*.json")), *sorted(DATA.glob("track_bonn/annotations/*/*.json"))[:1]]
    if not files:
        pytest.skip("no poseval_cases here")
    for file in files:
        read = read_sequence(file, file.parent.name == "pred", Skipped())
        out = tmp_path / file.name
        write_sequence(read, out, "18", file.parent.name == "pred")
        same(read, read_sequence(out, file.parent.name == "pred", Skipped()))


def test_the_reader_of_people_reads_it_too(tmp_path, rng):
    write_sequence(walk(2, 3, rng), tmp_path / "a.json")
    table, skipped = read_posetrack(tmp_path / "a.json", None)
    assert len(table) == 6
    assert not skipped.counts
    assert table.person_id.tolist() == [0, 1] * 3
    assert table.head_size[0] == pytest.approx(0.6 * np.hypot(16, 16))


def test_predictions_keep_every_rule_of_poseval(tmp_path, rng):
    made = walk(3, 3, rng)
    scores = np.full((3, 15), 0.9)
    scores[0, 4], scores[1] = 0.2, 0.1
    tracked = dataclasses.replace(
        made.frames[0].people, joint_scores=scores, ids=np.array([4, 5, UNTRACKED]), scores=np.array([0.9, 0.8, 0.7])
    )
    empty = people(np.zeros((0, 2)), [])
    frames = [dataclasses.replace(made.frames[0], people=tracked), dataclasses.replace(made.frames[1], people=empty)]
    write_predictions([dataclasses.replace(made, frames=(*frames, made.frames[2]))], tmp_path, 0.3)
    ap, mota = (json.loads((tmp_path / name / f"{made.name}.json").read_text()) for name in ("ap", "mota"))
    for document in (ap, mota):
        assert [i["file_name"] for i in document["images"]] == [f.image for f in made.frames]
        for image in document["images"]:
            ids = [a["track_id"] for a in document["annotations"] if a["image_id"] == image["id"]]
            assert len(set(ids)) == len(ids)
            assert all(isinstance(i, int) and 0 <= i < 10000 for i in ids)
        assert all(len(a["scores"]) == 17 and len(a["keypoints"]) == 51 for a in document["annotations"])
    assert [a["track_id"] for a in ap["annotations"][:3]] == [4, 5, 9999]
    assert [a["track_id"] for a in mota["annotations"]][:1] == [4]
    assert mota["annotations"][1]["image_id"] == made.frames[2].image_id
    points = np.array(mota["annotations"][0]["keypoints"]).reshape(17, 3)
    assert (points == 0).all(1).sum() == 3  # two ears, and the joint below the threshold


def test_what_poseTrack_cannot_hold_is_refused(tmp_path, rng):
    made = walk(1, 1, rng)
    with pytest.raises(InputError, match="no joint thorax"):
        write_sequence(dataclasses.replace(made, joints=("thorax", *JOINTS[1:])), tmp_path / "a.json")
    lost = dataclasses.replace(made.frames[0].people, ids=np.array([UNTRACKED]))
    with pytest.raises(InputError, match="without a track"):
        write_sequence(dataclasses.replace(made, frames=(Frame("a/1.jpg", 1, lost),)), tmp_path / "a.json")


def _entry(**changes):
    entry = {"id": 7, "image_id": 1, "category_id": 1, "track_id": 3, "keypoints": [5.0, 6.0, 1.0] * 17, "scores": [0.5] * 17}
    return {**entry, **changes}


def _file(tmp_path, *entries, **changes):
    names = ["nose", "head_bottom", "head_top", "left_ear", "right_ear"] + [
        f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
    ]
    document = {
        "images": [{"id": 1, "file_name": "000001_mpii_test/000001.jpg"}], "annotations": list(entries),
        "categories": [{"id": 1, "name": "person", "keypoints": names}],
    }  # fmt: skip
    path = tmp_path / "000001_mpii_test.json"
    path.write_text(json.dumps({**document, **changes}))
    return path


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"track_id": None}, "no track_id"),
        ({"track_id": 2.5}, "track_id 2.5 is no whole number"),
        ({"keypoints": [5.0, float("nan"), 1.0] * 17}, r"lies at \(5.5, nan\)"),
        ({"keypoints": [float("nan"), float("nan"), 1.0] * 17}, r"lies at \(nan, nan\)"),
        ({"keypoints": [1.0] * 50}, "50 numbers, 51 expected"),
        ({"keypoints": ["a"] * 51}, "else than numbers"),
        ({"scores": [0.5] * 15}, "15 numbers, 17 expected"),
        ({"scores": [float("nan")] * 17}, "no number"),
        ({"image_id": 9}, "image is none of the file's"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_named(changes, says, tmp_path):
    with pytest.raises(InputError, match=says) as caught:
        read_sequences(_file(tmp_path, _entry(**changes)), predicted=True)
    assert "annotation 7" in caught.value.what
    assert caught.value.next_step


def test_files_that_break_a_rule_are_named(tmp_path):
    with pytest.raises(InputError, match="track 3 stands 2 times in frame 000001_mpii_test/000001"):
        read_sequences(_file(tmp_path, _entry(), _entry(id=8)))
    with pytest.raises(InputError, match="no list 'categories'"):
        read_sequences(_file(tmp_path, _entry(), categories=None))
    image = {"id": 1, "file_name": "a/1.jpg", "vid_id": "1"}
    with pytest.raises(InputError, match="2 videos"):
        read_sequences(_file(tmp_path, images=[image, {"id": 2, "file_name": "b/1.jpg", "vid_id": "2"}]))
    with pytest.raises(InputError, match="two images have one id"):
        read_sequences(_file(tmp_path, images=[image, image]))
    with pytest.raises(InputError, match="no `id` or no `file_name`"):
        read_sequences(_file(tmp_path, images=[{"id": 1}]))


def test_what_can_be_used_all_the_same_is_noted(tmp_path):
    regions = {"ignore_regions_x": [[1, 2], [1, 9, 9]], "ignore_regions_y": [[1, 2], [1, 1, 9]]}
    path = _file(tmp_path, _entry(scores=None, track_id=4.0), images=[{"id": 1, "file_name": "a/1.jpg", **regions}])
    read, noted = read_sequences(path, predicted=True)
    assert [len(f.ignore) for f in read[0].frames] == [1]
    assert read[0].frames[0].people.ids.tolist() == [4]
    assert (read[0].frames[0].people.joint_scores == -9999).all()
    assert sum(noted.noted.values()) == 2


def test_a_hidden_joint_and_one_in_the_corner_are_there(tmp_path):
    points = [0.0, 0.0, 1.0, 7.0, 8.0, 0.0] + [0.0] * 45
    people_read = read_sequences(_file(tmp_path, _entry(keypoints=points)))[0][0].frames[0].people
    assert people_read.present[0].tolist() == [True, True] + [False] * 15
    assert people_read.visible[0, :2].tolist() == [True, False]
    np.testing.assert_array_equal(people_read.keypoints[0, 0], (0.5, 0.5))


def test_a_sequence_without_frames_or_people(tmp_path):
    write_sequence(sequence([]), tmp_path / "a.json")
    assert read_sequences(tmp_path / "a.json")[0][0].frames == ()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no \.json file"):
        read_sequences(tmp_path / "empty")


def test_numbers_and_facts_that_nothing_is_measured_by_may_be_anything(tmp_path, rng):
    made = walk(2, 2, rng)
    write_sequence(made, tmp_path / "a.json", "17")
    document = json.loads((tmp_path / "a.json").read_text())
    document["annolist"][0]["imgnum"] = ["first"]
    (tmp_path / "a.json").write_text(json.dumps(document | {"height": "?", "width": float("nan"), "facts": "none"}))
    read = read_sequence(tmp_path / "a.json", False, Skipped())
    assert [f.image_id for f in read.frames] == [1, made.frames[1].image_id]
    assert (read.height, read.width, read.facts) == (0, 0, {})
