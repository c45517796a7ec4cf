"""Rendered sequences on disk."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from smpl_assets.body.settings import BodySettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.work import Bench
from training.datasets.posetrack import read_posetrack
from training.datasets.posetrack_writer import write_sequence
from training.tracking.data_settings import TrackDataSettings
from training.tracking.data_stage import Sources, Split, film_sequences
from training.tracking.film_sheet import contact_sheet
from training.tracking.people import Frame, People, Sequence
from training.tracking.sequence_files import JOINTS, read_sequence
from training.tracking.sequence_name import sequence_name
from training.tracking.sequences import load_recordings

SETTINGS = TrackDataSettings(
    train=3, validation=1, frames=4, width=80, height=64, people=(2, 2), unlabelled_share=1.0, leaving_share=0.5, blur_share=0
)


def film(folder: Path, items: tuple[int, int], split: Split = "train") -> Path:
    folder.mkdir()
    render = RenderSettings(backgrounds="builtin")
    film_sequences(items, split, SETTINGS, render, BodySettings(name="anny"), Sources(), Bench(5, folder))
    return folder


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film") / "train", (0, 2))


def test_a_sequence_that_is_written_is_read_back_equal(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    keypoints = rng.uniform(0, 60, (3, 15, 2)).round(3)
    keypoints[0, 4] = np.nan
    visible = rng.random((3, 15)) < 0.6
    visible[0, 4] = False
    heads = np.array([[1.0, 2.0, 8.0, 11.0]] * 3) + rng.integers(0, 9, (3, 1))
    there = np.isfinite(keypoints).all(axis=2).astype(np.float64)
    people = People(keypoints, there, visible, np.ones(3), np.array([4, 0, 9]), heads)
    nobody = People(
        np.zeros((0, 15, 2)), np.zeros((0, 15)), np.zeros((0, 15), bool), np.zeros(0), np.zeros(0, int), np.zeros((0, 4))
    )
    region = np.array([[1.5, 2.0], [9.0, 2.0], [9.0, 7.25]])
    frames = (Frame("s/000000.jpg", 7, people), Frame("s/000001.jpg", 8, nobody, (region,)), Frame("s/000002.jpg", 9, None))
    sequence = Sequence("s", JOINTS, 64, 80, frames, {"speed": 0.25, "same_shirt": True, "place": "builtin:lawn-2"})
    write_sequence(sequence, tmp_path / "s.json")
    back = read_sequence(tmp_path / "s.json")
    assert (back.name, back.joints, back.height, back.width, back.facts) == ("s", JOINTS, 64, 80, sequence.facts)
    for one, other in zip(sequence.frames, back.frames, strict=True):
        assert (one.image, one.image_id, (one.people is None)) == (other.image, other.image_id, other.people is None)
        assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(one.ignore, other.ignore, strict=True))
    for name, value in vars(people).items():
        assert np.allclose(value, getattr(back.frames[0].people, name), atol=1.1e-3, equal_nan=True), name
    assert len(back.frames[1].people or ()) == 0


def test_a_shard_holds_its_sequences_with_pictures_and_facts(shard: Path) -> None:
    found = load_recordings([shard])
    assert [r.sequence.name for r in found] == [sequence_name("train", n) for n in range(2)]
    summary = json.loads((shard / "summary.json").read_text())
    assert summary["frames"] == 8
    for recording, facts in zip(found, summary["sequences"], strict=True):
        sequence = recording.sequence
        assert facts == {"name": sequence.name, **sequence.facts}
        assert {recording.image(i).shape for i in range(4)} == {(64, 80, 3)}
        assert 0 < float(sequence.facts["speed"]) < 1.5
        assert {"same_shirt", "crossings", "hidden", "frame_s", "moves_90"} <= sequence.facts.keys()
        labelled = [f.people is not None for f in sequence.frames]
        assert labelled[1]
        assert not all(labelled)


def test_who_is_labelled_is_seen_and_what_else_shows_is_to_be_ignored(shard: Path) -> None:
    for recording in load_recordings([shard]):
        for frame in recording.sequence.frames:
            if frame.people is not None and len(frame.people):
                assert (frame.people.present.sum(axis=1) >= 3).all()
                assert not (frame.people.visible & ~frame.people.present).any()
                assert set(frame.people.ids.tolist()) <= {0, 1}
            for region in frame.ignore:
                assert region.shape == (4, 2)


def test_the_contact_sheet_shows_frames_and_draws_their_labels(shard: Path) -> None:
    recordings = load_recordings([shard])
    drawn = contact_sheet(recordings, columns=4)
    assert drawn.shape == (2 * 128, 4 * 160, 3)
    for row, recording in enumerate(recordings):
        for column, frame in enumerate(recording.sequence.frames):
            tile = drawn[row * 128 : row * 128 + 128, column * 160 : column * 160 + 160]
            plain = cv2.resize(recording.image(column), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
            changed = (np.abs(tile.astype(int) - plain).max(axis=2) > 40).mean()
            if frame.people is not None and len(frame.people):
                assert changed > 0.002
            elif not frame.ignore:
                assert changed == 0


def test_posetrack_s_reader_reads_it(shard: Path) -> None:
    table, skipped = read_posetrack(shard / "sequences", None)
    people = [f.people for r in load_recordings([shard]) for f in r.sequence.frames if f.people is not None]
    assert len(table) == sum(map(len, people))
    assert not skipped.counts
    assert table.skeleton.name == "posetrack17"


def test_a_sequence_does_not_depend_on_its_shard_and_splits_share_none(shard: Path, tmp_path: Path) -> None:
    alone = film(tmp_path / "alone", (1, 2))
    name = sequence_name("train", 1)
    assert (alone / f"sequences/{name}.json").read_bytes() == (shard / f"sequences/{name}.json").read_bytes()
    one, both = load_recordings([alone])[0], load_recordings([shard])[1]
    assert one.archive.read(f"{name}/000002.jpg") == both.archive.read(f"{name}/000002.jpg")
    other = load_recordings([film(tmp_path / "validation", (1, 2), "validation")])[0]
    assert other.sequence.facts["place"] != both.sequence.facts["place"]
