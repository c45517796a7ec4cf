import json

import h5py
import numpy as np
import pytest
import scipy.io
from pydantic import ValidationError

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import LISTED_PER_REASON, Skipped
from smpl_assets.work import Bench
from training.datasets.settings import DataSettings
from training.datasets.stage import read_annotations, read_poses, recognise_format

from .coco_files import document, person, write


def _settings(tmp_path, *people, **changes):
    path, images = write(tmp_path, document(*people))
    return DataSettings(format="coco", annotations=str(path), images=str(images), **changes)


def test_the_artifact_can_be_read_back_and_is_the_same_each_time(tmp_path):
    settings = _settings(tmp_path, person(1), person(2, image=2, iscrowd=1), person(3, image=2))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        read_annotations(settings, "train", Bench(0, tmp_path / name))
    table = PoseTable.load(tmp_path / "a" / "poses.npz")
    assert table.source_id == ("1", "3")
    skipped = Skipped.load(tmp_path / "a" / "skipped.json")
    assert skipped.counts == {"crowd region": 1}
    assert skipped.read == 2
    for file in ("poses.npz", "skipped.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_stage_needs_an_image_folder_and_reading_does_not(tmp_path):
    settings = _settings(tmp_path, person(1)).model_copy(update={"images": ""})
    with pytest.raises(InputError, match=r"data\.train\.images is not set"):
        read_annotations(settings, "train", Bench(0, tmp_path))
    assert len(read_poses(settings)[0]) == 1


def test_limit_keeps_the_first_people_and_all_images(tmp_path):
    table, skipped = read_poses(_settings(tmp_path, person(5), person(3), person(4, image=2), limit=2))
    assert table.source_id == ("5", "3")
    assert len(table.images) == 2
    assert skipped.read == 2


def test_an_image_list_keeps_the_people_on_its_images(tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("000000000002.jpg\n")
    table, _ = read_poses(_settings(tmp_path, person(1), person(2, image=2), image_list=str(names)))
    assert table.source_id == ("2",)
    names.write_text("other.jpg\n")
    with pytest.raises(InputError, match="none of its 1 names"):
        read_poses(_settings(tmp_path, person(1), image_list=str(names)))


def test_settings_that_contradict_the_format():
    with pytest.raises(ValidationError, match="`annotations` is missing"):
        DataSettings(format="coco")
    with pytest.raises(ValidationError, match="makes its own images"):
        DataSettings(format="demo", annotations="a.json")
    with pytest.raises(InputError, match="it is made"):
        read_poses(DataSettings())


def test_long_lists_of_skipped_entries_are_cut_but_counted():
    skipped = Skipped()
    for n in range(LISTED_PER_REASON + 5):
        skipped.add("crowd region", "a.json", f"annotation {n}")
    skipped.add("no keypoints", "a.json", "annotation x")
    assert skipped.counts == {"crowd region": LISTED_PER_REASON + 5, "no keypoints": 1}
    assert len(skipped.entries) == LISTED_PER_REASON + 1
    assert skipped.total == LISTED_PER_REASON + 6
    assert skipped.summary() == f"{LISTED_PER_REASON + 5} x crowd region, 1 x no keypoints"


def test_progress_ends_at_the_total(tmp_path):
    calls = []
    read_poses(_settings(tmp_path, person(1), person(2)), progress=lambda done, total, **figures: calls.append((done, total)))
    assert calls[-1] == (2, 2)


def test_formats_are_told_from_content_not_names(tmp_path):
    def save(name, content):
        (tmp_path / name).write_text(json.dumps(content))
        return tmp_path / name

    track = {"images": [{"vid_id": "1"}], "annotations": [{"track_id": 1}], "categories": []}
    assert recognise_format(save("a", document(person(1)))) == "coco"
    assert recognise_format(save("b", track)) == "posetrack"
    assert recognise_format(save("c", {"annolist": []})) == "posetrack"
    assert recognise_format(save("d", [{"joint_self": []}])) == "mpii"
    assert recognise_format(save("e", [{"joints_vis": []}])) == "mpii"
    scipy.io.savemat(tmp_path / "f.mat", {"joints": np.zeros((3, 14, 2))})
    scipy.io.savemat(tmp_path / "g.mat", {"RELEASE": {"a": 1}})
    scipy.io.savemat(tmp_path / "h.mat", {"weights": 1})
    with h5py.File(tmp_path / "i", "w") as file:
        file["part"] = 1
    assert [recognise_format(tmp_path / n) for n in ("f.mat", "g.mat", "i")] == ["lsp", "mpii", "mpii"]
    folder = tmp_path / "folder"
    folder.mkdir()
    for bad in (folder, tmp_path / "none", tmp_path / "h.mat", save("j", {"x": 1}), save("k", [1])):
        with pytest.raises(InputError) as error:
            recognise_format(bad)
        assert str(bad) in error.value.what
    (folder / "a.json").write_text(json.dumps(track))
    assert recognise_format(folder) == "posetrack"
    (folder / "b.json").write_text(json.dumps(document(person(1))))
    with pytest.raises(InputError, match="a folder of PoseTrack and COCO files") as error:
        recognise_format(folder)
    assert error.value.next_step == "name one of them: a.json, b.json"
