"""Own sequences: PoseTrack files and their pictures, laid out as filmed ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.pictures import encode_jpeg
from smpl_assets.work import Bench
from tests.training.datasets.sequences import same
from tests.training.tracking.films import film, listing, own
from training.tracking.data_facts import facts_of_labels
from training.tracking.film import load_films, skeleton_of
from training.tracking.own_settings import OwnSequences
from training.tracking.own_stage import GAP, NO_LABELS, ODD_NAME, gather_sequences


def gathered(root: Path, files: list[Path]):
    """What the stage writes: films, and what was left out."""
    (root / "out").mkdir()
    gather_sequences(files, root / "images", Bench(0, root / "out"))
    return load_films([root / "out"]), json.loads((root / "out" / "skipped.json").read_text())


@pytest.mark.parametrize("version", ["17", "18", "21"])
def test_films_come_back_with_their_pictures_and_how_people_move(tmp_path, version):
    made = [film("a", unlabelled=(1, 2)), film("b", frames=3, size_wh=(64, 96))]
    found, skipped = gathered(tmp_path, own(tmp_path, *made, version=version))
    assert skipped["counts"] == {}
    assert skeleton_of(found).name == "posetrack15"
    for ours, theirs in zip(found, made, strict=True):
        facts = facts_of_labels(theirs.sequence)
        numbers = [replace(f, image_id=g.image_id) for f, g in zip(theirs.sequence.frames, ours.sequence.frames, strict=True)]
        same(ours.sequence, replace(theirs.sequence, facts=facts, frames=tuple(numbers)), atol=1e-6)
        for n, frame in enumerate(theirs.sequence.frames):
            assert ours.read(frame.image) == theirs.read(frame.image)
            np.testing.assert_array_equal(ours.picture(n), theirs.picture(n))
    assert facts == {
        "own": True,
        "moves": pytest.approx(3 / 50, abs=0.02),
        "moves_90": facts["moves"],
        "people": 2.0,
        "hidden": 0.0,
    }


def test_movement_is_per_frame_also_where_few_are_labelled():
    every, some = (facts_of_labels(film(unlabelled=hidden).sequence) for hidden in ((), (1, 2, 4)))
    assert some["moves"] == pytest.approx(every["moves"], abs=1e-6)


def test_where_some_frames_are_listed_movement_is_per_number_and_the_gap_is_noted(tmp_path):
    every = film("a")
    found, skipped = gathered(tmp_path, own(tmp_path, listing(every, (0, 3, 5)), film("b")))
    assert found[0].sequence.numbers == (0, 3, 5)
    expected = facts_of_labels(film("a", unlabelled=(1, 2, 4)).sequence)
    assert found[0].sequence.facts["moves"] == pytest.approx(expected["moves"], abs=1e-6)
    assert (skipped["counts"], skipped["noted"]) == ({}, {GAP: 1})
    assert [e["entry"] for e in skipped["entries"]] == ["a"]


def spoil(root: Path, how: str) -> str:
    """Spoil the sequence a; the reason that is told."""
    first = root / "images" / "a" / "0.jpg"
    file = root / "labels" / "a.json"
    document = json.loads(file.read_text())
    if how == "missing":
        first.unlink()
        return "picture: image not in the folder"
    if how == "cut":
        first.write_bytes(first.read_bytes()[:-80])
        return "picture: cut off: the end of the image is missing"
    if how == "size":
        first.write_bytes(encode_jpeg(np.zeros((10, 10, 3), np.uint8), 90))
        return "picture: its size differs from the annotated size"
    for image in document["images"]:
        image["is_labeled"] = how != "unlabelled"
        image["file_name"] = image["file_name"] if how == "unlabelled" else "é" + image["file_name"]
    document["annotations"] = []
    file.write_text(json.dumps(document))
    return NO_LABELS if how == "unlabelled" else ODD_NAME


@pytest.mark.parametrize("how", ["missing", "cut", "size", "unlabelled", "odd"])
def test_a_sequence_that_cannot_be_used_is_left_out_and_counted(tmp_path, how):
    files = own(tmp_path, film("a"), film("b"))
    reason = spoil(tmp_path, how)
    found, skipped = gathered(tmp_path, files)
    assert [f.sequence.name for f in found] == ["b"]
    assert skipped["counts"] == {reason: 1}
    assert skipped["entries"][0]["entry"] == "a"


def test_where_none_can_be_used_that_is_an_error(tmp_path):
    files = own(tmp_path, film("a"))
    reason = spoil(tmp_path, "missing")
    with pytest.raises(InputError, match=f"no sequence can be used \\(1 x {reason}\\)"):
        gathered(tmp_path, files)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: [d["annotations"][0].pop(name) for name in ("track_id", "person_id")], "no track_id"),
        (lambda d: d["categories"][0]["keypoints"].__setitem__(0, "third_eye"), "third_eye"),
    ],
)
def test_annotations_that_break_a_rule_are_one_error(tmp_path, change, says):
    (file,) = own(tmp_path, film("a"))
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    with pytest.raises(InputError, match=says):
        gathered(tmp_path, [file])


def test_names_lead_nowhere_out_of_the_folder(tmp_path):
    (file,) = own(tmp_path, film("a"))
    (tmp_path / "secret.jpg").write_bytes((tmp_path / "images" / "a" / "0.jpg").read_bytes())
    document = json.loads(file.read_text())
    document["images"][0]["file_name"] = "../secret.jpg"
    file.write_text(json.dumps(document))
    with pytest.raises(InputError, match="image not in the folder"):
        gathered(tmp_path, [file])


def test_settings_name_what_is_not_there(tmp_path):
    files = own(tmp_path, film("a"))
    images, labels = str(tmp_path / "images"), str(tmp_path / "labels")
    assert OwnSequences(train=labels, images=images).files("train") == files
    assert OwnSequences(train=str(files[0]), images=images).files("train") == files
    assert OwnSequences(train=labels, images=images).files("validation") == []
    for wrong, says in (
        ({"train": "/nowhere", "images": images}, "track.own.train: /nowhere: no such folder"),
        ({"train": images, "images": images}, "no .json file"),
        ({"train": labels}, "track.own.images: not set"),
        ({"train": labels, "images": "/nowhere"}, "track.own.images: /nowhere"),
    ):
        with pytest.raises(InputError, match=says):
            OwnSequences(**wrong).files("train")


def test_names_may_be_relative_to_a_folder_above(tmp_path):
    files = own(tmp_path, film("a"))
    found = tmp_path / "found"
    found.mkdir()
    gather_sequences(files, tmp_path / "images" / "a", Bench(0, found))
    assert [f.sequence.name for f in load_films([found])] == ["a"]
