"""The stage: files, exact labels, seeds, counts, and every option."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from smpl_assets.archive import ArchiveReader
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabels
from smpl_assets.photographs import Photograph
from smpl_assets.render.contact_sheet import contact_sheet
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio.jobs import Origin
from smpl_assets.render.studio.postures import Alternatives
from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench
from tests.smpl_assets.masks import decode_mask


def run(
    fits: Fits, out: Path, settings: RenderSettings, first: int = 0, total: int = 6, people_free=(), seed: int = 0, **more
) -> Path:
    out.mkdir()
    calls: list[tuple[int, int]] = []
    origin = Origin(
        SKELETONS["coco17"], tuple(f"ann-{p}" for p in fits.person), tuple(map(Photograph, people_free)), first, total
    )
    bench = Bench(seed, out, progress=lambda done, of, **_: calls.append((done, of)))
    render_fits(fits, origin, settings, BodySettings.model_validate({"name": fits.body}), bench, **more)
    assert not calls or calls[-1][0] <= calls[-1][1]
    return out


def members(out: Path) -> dict[str, bytes]:
    archive = ArchiveReader(out / "images.tar")
    return {name: archive.read(name) for name in archive}


@pytest.fixture(scope="session")
def quick(skins):
    return RenderSettings(image_size=96, textures=str(skins), backgrounds="builtin")


@pytest.fixture(scope="session")
def made(fits, quick, tmp_path_factory):
    return run(fits, tmp_path_factory.mktemp("render") / "out", quick)


def test_files_are_those_of_the_contract(made, fits):
    labels = SampleLabels.load(made / "labels.npz")
    assert [s.sample_id for s in labels.samples] == [int(p) * 1000 for p in fits.person]
    assert [s.source_annotation for s in labels.samples] == [f"ann-{p}" for p in fits.person]
    files = members(made)
    for sample in labels.samples:
        image = cv2.imdecode(np.frombuffer(files[f"{sample.name}.jpg"], np.uint8), cv2.IMREAD_COLOR_RGB)
        cutout = cv2.imdecode(np.frombuffer(files[f"{sample.name}_person.png"], np.uint8), cv2.IMREAD_UNCHANGED)
        behind = cv2.imdecode(np.frombuffer(files[f"{sample.name}_background.jpg"], np.uint8), cv2.IMREAD_COLOR_RGB)
        assert image.shape == behind.shape == (96, 96, 3)
        alpha = cutout[..., 3:].astype(float) / 255
        again = cv2.cvtColor(cutout[..., :3], cv2.COLOR_BGR2RGB) * alpha + behind * (1 - alpha)
        assert np.abs(again - image).mean() < 8  # noise and two JPEGs apart
        mask = decode_mask(sample.segmentation)
        assert ((alpha[..., 0] > 0.5) == mask).mean() > 0.97
        assert sample.area == mask.sum()
    assert len(files) == 3 * len(labels.samples)
    summary = json.loads((made / "summary.json").read_text())
    assert summary["samples"] == 6
    assert summary["keypoints"]["seen"] > summary["keypoints"]["hidden"]


def test_the_pose_lies_in_the_image_as_in_the_source_crop(made, fits):
    for row, sample in enumerate(SampleLabels.load(made / "labels.npz").samples):
        crop = fits.crop_xywh[row]
        expected = (fits.keypoints[row] - crop[:2]) * 96 / crop[2]
        assert np.allclose(np.array(sample.keypoints)[:, :2], expected, atol=0.02)


def test_seen_keypoints_fall_on_the_person(made):
    for sample in SampleLabels.load(made / "labels.npz").samples:
        mask = cv2.dilate(decode_mask(sample.segmentation).astype(np.uint8), np.ones((5, 5), np.uint8))
        for x, y, v in sample.keypoints:
            assert v != 2 or mask[int(y), int(x)]


def test_shards_and_repetition_change_no_byte(made, fits, quick, tmp_path):
    whole = members(made)
    parts = {}
    for name, rows in (("a", slice(0, 2)), ("b", slice(2, 6))):
        chosen = fits.select(np.arange(6)[rows])
        parts |= members(run(chosen, tmp_path / name, quick, first=rows.start))
    assert parts == whole
    batched = run(fits, tmp_path / "c", quick.model_copy(update={"batch": 3}))
    assert members(batched) == whole
    assert (batched / "labels.npz").read_bytes() == (made / "labels.npz").read_bytes()
    assert (batched / "images.tar").read_bytes() == (made / "images.tar").read_bytes()


def test_repetitions_are_labelled_with_what_was_varied_whatever_the_shards(fits, quick, tmp_path):
    settings = quick.model_copy(update={"per_pose": 4, "image_size": 48, "neighbours": 0.5, "hypotheses": 0.25, "far_views": 0.5})
    others = dataclasses.replace(fits, body_pose=fits.body_pose + 0.2)
    whole = run(fits, tmp_path / "whole", settings, alternatives=Alternatives(others))
    labels = SampleLabels.load(whole / "labels.npz")
    for sample in labels.samples:
        assert (sample.variation == "fit") == (sample.sample_id % 1000 == 0)
        assert ("neighbour" in sample.variation) == ("/" in sample.pose)
    words = Counter(word for s in labels.samples for word in s.variation.split("+"))
    assert {"fit", "neighbour", "hypothesis", "jitter", "far", "near", "mirrored"} == set(words)
    assert json.loads((whole / "summary.json").read_text())["varied"] == dict(sorted(words.items()))
    parts: dict[str, bytes] = {}
    for name, rows in (("a", np.arange(0, 4)), ("b", np.arange(4, 6))):
        changed = settings.model_copy(update={"batch": 3})
        parts |= members(run(fits.select(rows), tmp_path / name, changed, first=int(rows[0]), alternatives=Alternatives(others)))
    assert parts == members(whole)


def test_another_seed_gives_other_images_of_the_same_poses(made, fits, quick, tmp_path):
    other = run(fits, tmp_path / "out", quick, seed=1)
    assert members(other) != members(made)
    first, second = (SampleLabels.load(o / "labels.npz").samples[0] for o in (made, other))
    assert np.array_equal(first.keypoints_3d, second.keypoints_3d)


def test_rejected_fits_are_left_out_and_counted(fits, quick, tmp_path):
    accepted = np.array([True, False, True, True, False, False])
    out = run(dataclasses.replace(fits, accepted=accepted), tmp_path / "out", quick)
    assert len(SampleLabels.load(out / "labels.npz").samples) == 3
    assert json.loads((out / "summary.json").read_text())["counts"] == {"rejected": 3}


def test_no_accepted_fit_at_all_writes_an_empty_shard(fits, quick, tmp_path):
    out = run(
        dataclasses.replace(fits, accepted=np.zeros(6, bool)), tmp_path / "out", quick.model_copy(update={"contact_sheet": True})
    )
    assert SampleLabels.load(out / "labels.npz").samples == ()
    assert members(out) == {}


@pytest.mark.parametrize(("count", "per_pose", "expected"), [(0, 2, 12), (4, 1, 4), (15, 7, 15)])
def test_sample_counts_hold_over_shards(fits, quick, tmp_path, count, per_pose, expected):
    settings = quick.model_copy(update={"count": count, "per_pose": per_pose, "image_size": 32})
    found = []
    for name, rows in (("a", np.arange(0, 3)), ("b", np.arange(3, 6))):
        out = run(fits.select(rows), tmp_path / name, settings, first=int(rows[0]))
        found += [s.sample_id for s in SampleLabels.load(out / "labels.npz").samples]
    assert len(found) == len(set(found)) == expected


def test_more_repetitions_than_ids_are_refused(fits, quick, tmp_path):
    with pytest.raises(InputError, match="at most 1000"):
        run(fits, tmp_path / "out", quick.model_copy(update={"count": 100_000}))


def test_people_out_of_the_frame_are_resampled_and_counted(fits, quick, tmp_path):
    away = fits.crop_xywh.copy()
    away[0, 0] += 5000
    behind = fits.transl.copy()
    behind[1, 2] = -3
    out = run(dataclasses.replace(fits, crop_xywh=away, transl=behind), tmp_path / "out", quick)
    counts = json.loads((out / "summary.json").read_text())["counts"]
    assert counts["never in frame"] == 2
    assert counts["resampled"] >= 2
    assert len(SampleLabels.load(out / "labels.npz").samples) == 4


def photos(folder: Path) -> list[Path]:
    folder.mkdir()
    for i in range(2):
        cv2.imwrite(str(folder / f"{i}.jpg"), np.full((150, 150, 3), 60 + 90 * i, np.uint8))
    return sorted(folder.iterdir())


OPTIONS = [
    {"supersampling": 1},
    {"backgrounds": "FOLDER"},
    {"backgrounds": "data"},
    {"textures": "wardrobe"},
    {"people": 2},
    {"occluder_share": 1.0},
    {"shadows": False},
    {"jpeg_quality": (20, 25)},
    {"image_size": 64},
    {"sensor": {"exposure_stops": 2.0}},
    {"sensor": {"white_balance": 0.4}},
    {"sensor": {"noise": (20.0, 20.0)}},
    {"sensor": {"defocus_px": 6.0}},
    {"sensor": {"motion_px": 20.0, "motion_share": 1.0}},
]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda o: "-".join(map(str, o)))
def test_every_option_changes_the_image(option, made, fits, quick, tmp_path):
    free = photos(tmp_path / "photos")
    changed = {k: str(tmp_path / "photos") if v == "FOLDER" else v for k, v in option.items()}
    settings = RenderSettings.model_validate({**quick.model_dump(), **changed})
    out = run(fits.select(np.arange(1)), tmp_path / "out", settings, people_free=free)
    name = SampleLabels.load(out / "labels.npz").samples[0].name
    assert members(out)[f"{name}.jpg"] != members(made)[f"{name}.jpg"]


VARIED = [
    *({name: 0.0} for name in ("camera_jitter_deg", "shape_jitter", "framing_jitter", "mirror_share", "pose_jitter_deg")),
    *({name: 1.0} for name in ("neighbours", "far_views")),
]


@pytest.mark.parametrize("option", VARIED, ids=lambda o: next(iter(o)))
def test_jitter_changes_repetitions_but_never_the_first(option, fits, quick, tmp_path):
    one = fits.select(np.arange(2))
    alike = {"neighbours": 0.0, "hypotheses": 0.0, "far_views": 0.0}
    base = quick.model_copy(update={"per_pose": 3, "mirror_share": 1.0, "image_size": 48, **alike})
    first, second = (SampleLabels.load(run(one, tmp_path / n, s) / "labels.npz").samples for n, s in (
        ("a", base), ("b", base.model_copy(update=option))
    ))  # fmt: skip
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.keypoints, b.keypoints) == (a.sample_id % 1000 == 0)


def test_matched_sensors_take_jpeg_quality_from_the_photos(fits, quick, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    noisy = np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    cv2.imwrite(str(folder / "a.jpg"), noisy, [cv2.IMWRITE_JPEG_QUALITY, 35])
    free = sorted(folder.iterdir())
    one, sizes = fits.select(np.arange(1)), {}
    for match in (True, False):
        settings = RenderSettings.model_validate({**quick.model_dump(), "backgrounds": "data", "sensor": {"match": match}})
        sizes[match] = len(members(run(one, tmp_path / str(match), settings, people_free=free))["000000000000.jpg"])
    assert sizes[True] < 0.85 * sizes[False]


def test_other_people_are_labelled_and_hide_rightly(fits, quick, tmp_path):
    out = run(fits.select(np.arange(2)), tmp_path / "out", quick.model_copy(update={"people": 3}))
    for sample in SampleLabels.load(out / "labels.npz").samples:
        others = sample.labels.others(sample.sample_id)
        assert len(others) == 2
        masks = [decode_mask(s.segmentation) for s in (sample, *others)]
        assert (sum(m.astype(int) for m in masks) <= 1).all()


def test_depth_and_contact_sheet_on_request(fits, quick, tmp_path):
    out = run(fits.select(np.arange(2)), tmp_path / "out", quick.model_copy(update={"depth": True, "contact_sheet": True}))
    sample = SampleLabels.load(out / "labels.npz").samples[0]
    depth = cv2.imdecode(np.frombuffer(members(out)[f"{sample.name}_depth.png"], np.uint8), cv2.IMREAD_UNCHANGED)
    inside = decode_mask(sample.segmentation)
    assert np.median(depth[inside]) == pytest.approx(1000 * sample.transl[2], rel=0.1)
    assert (depth[~inside] == 0).all()
    assert cv2.imread(str(out / "contact_sheet.jpg")).shape == (192, 8 * 192, 3)
    drawn = contact_sheet(out, columns=2, side=96, keypoints=SKELETONS["coco17"])
    assert drawn.shape == (96, 192, 3)
    assert not np.array_equal(drawn, contact_sheet(out, columns=2, side=96))


def test_monochrome_surroundings_make_a_monochrome_person(fits, quick, tmp_path):
    folder = tmp_path / "grey"
    folder.mkdir()
    grey = np.random.default_rng(0).integers(0, 255, (200, 200, 1)).astype(np.uint8).repeat(3, axis=2)
    cv2.imwrite(str(folder / "a.png"), grey)
    settings = RenderSettings.model_validate({**quick.model_dump(), "backgrounds": str(folder), "sensor": {"white_balance": 0.0}})
    out = run(fits.select(np.arange(1)), tmp_path / "out", settings)
    cutout = cv2.imdecode(np.frombuffer(members(out)["000000000000_person.png"], np.uint8), cv2.IMREAD_UNCHANGED)
    inside = cutout[cutout[..., 3] > 200][:, :3].astype(int)
    assert np.ptp(inside, axis=1).max() <= 2


def test_the_wardrobe_needs_its_body(fits, tmp_path):
    smpl = dataclasses.replace(fits, body="smpl")
    with pytest.raises(InputError, match="wardrobe"):
        run(smpl, tmp_path / "out", RenderSettings())
