"""Backgrounds: what is used, what is left out and counted, and that nothing is squashed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.closure import closure_of
from pipeline.sources import CodeCache
from smpl_assets.backgrounds import builtin, photos
from smpl_assets.backgrounds.builtin import SCENES, BuiltinBackgrounds, place_file, place_name
from smpl_assets.backgrounds.crop import crop_square
from smpl_assets.backgrounds.photos import PhotoBackgrounds, holds_person, voc_paths
from smpl_assets.backgrounds.source import open_backgrounds
from smpl_assets.errors import InputError, StageError
from smpl_assets.photographs import Photograph


def photo(path: Path, size: tuple[int, int] = (120, 200), value: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))


def voc(folder: Path, objects: dict[str, str | None]) -> None:
    (folder / "Annotations").mkdir(parents=True, exist_ok=True)
    for name, text in objects.items():
        photo(folder / "JPEGImages" / f"{name}.jpg")
        if text is not None:
            (folder / "Annotations" / f"{name}.xml").write_text(text)


def thing(name: str, difficult: int = 0) -> str:
    return f"<annotation><object><name>{name}</name><difficult>{difficult}</difficult></object></annotation>"


def test_voc_images_with_people_are_left_out_difficult_ones_too(tmp_path):
    voc(
        tmp_path,
        {"a": thing("dog"), "b": thing("person"), "c": thing("person", 1), "d": None, "e": "<annotation>", "f": thing("car")},
    )
    kept, skipped = voc_paths(tmp_path)
    assert [p.stem for p in kept] == ["a", "f"]
    assert skipped == {"with people": 2, "without annotation": 2}
    source = open_backgrounds(str(tmp_path), [])
    assert source.skipped == skipped
    names = {source.draw(np.random.default_rng(i), 32)[1] for i in range(20)}
    assert names == {"a.jpg", "f.jpg"}


def test_a_person_part_counts_as_a_person_only_by_its_object(tmp_path):
    xml = tmp_path / "a.xml"
    xml.write_text("<annotation><object><name>horse</name><part><name>head</name></part></object></annotation>")
    assert holds_person(xml) is False
    assert holds_person(tmp_path / "missing.xml") is None


def test_a_folder_in_which_all_images_hold_people_is_one_clear_error(tmp_path):
    voc(tmp_path, {"a": thing("person"), "b": thing("person")})
    with pytest.raises(InputError, match="2 with people"):
        open_backgrounds(str(tmp_path), [])


def test_corrupt_images_are_skipped_and_counted(tmp_path):
    photo(tmp_path / "good.jpg")
    for i in range(3):
        (tmp_path / f"bad{i}.jpg").write_bytes(b"no image")
    photo(tmp_path / "tiny.png", (10, 10))
    source = open_backgrounds(str(tmp_path), [])
    drawn = [source.draw(np.random.default_rng(i), 40) for i in range(60)]
    assert {name for _, name in drawn} == {"good.jpg"}
    assert all(image.shape == (40, 40, 3) for image, _ in drawn)
    assert source.skipped == {"not a readable image": 3, "smaller than 48 px": 1}


def test_a_folder_without_a_usable_image_is_one_clear_error(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no image")
    source = open_backgrounds(str(tmp_path), [])
    with pytest.raises(InputError, match=r"no background is left \(1 not a readable image\)"):
        source.draw(np.random.default_rng(0), 32)
    with pytest.raises(InputError, match="holds no image"):
        PhotoBackgrounds([], "here")
    with pytest.raises(InputError, match="no such folder"):
        open_backgrounds(str(tmp_path / "missing"), [])


def test_one_draw_depends_on_its_generator_alone(tmp_path):
    for i in range(5):
        photo(tmp_path / f"{i}.png", value=40 * i)
    first, second = (open_backgrounds(str(tmp_path), []) for _ in range(2))
    second.draw(np.random.default_rng(99), 32)
    a, b = first.draw(np.random.default_rng(3), 32), second.draw(np.random.default_rng(3), 32)
    assert a[1] == b[1]
    assert np.array_equal(a[0], b[0])


def test_crops_are_not_squashed():
    image = np.zeros((100, 300, 3), np.uint8)
    cv2.circle(image, (150, 50), 30, (255, 255, 255), -1)
    for seed in range(30):
        crop = crop_square(image, np.random.default_rng(seed), 100)[..., 0] > 128
        rows, columns = np.flatnonzero(crop.any(axis=1)), np.flatnonzero(crop.any(axis=0))
        if len(rows) and rows[0] > 0 and rows[-1] < 99 and columns[0] > 0 and columns[-1] < 99:
            assert abs(len(rows) - len(columns)) <= 2
            return
    pytest.fail("no crop held the whole circle")


def test_photos_in_memory_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "CACHED_PHOTOS", 3)
    for i in range(8):
        photo(tmp_path / f"{i}.jpg", (900, 1200))
    source = PhotoBackgrounds([Photograph(p) for p in tmp_path.iterdir()], "here")
    for i in range(40):
        source.draw(np.random.default_rng(i), 32)
    assert len(source._cache) == 3
    assert max(max(image.shape) for image in source._cache.values()) == photos.LONGEST_SIDE


def test_places_are_preferred_to_close_ups_which_are_never_left_out(tmp_path):
    y, x = np.mgrid[0:200, 0:200]
    plate, wall = 120 + 100 * np.sin(np.hypot(y - 100, x - 100) / 4), 120 + 100 * np.sin(x / 5)
    cv2.imwrite(str(tmp_path / "plate.png"), np.repeat(plate[..., None], 3, axis=2).astype(np.uint8))
    only = open_backgrounds(str(tmp_path), [])
    assert {only.draw(np.random.default_rng(i), 32)[1] for i in range(5)} == {"plate.png"}
    cv2.imwrite(str(tmp_path / "wall.png"), np.repeat(wall[..., None], 3, axis=2).astype(np.uint8))
    both = open_backgrounds(str(tmp_path), [])
    names = [both.draw(np.random.default_rng(i), 32)[1] for i in range(60)]
    assert names.count("wall.png") > 50
    assert both.skipped == {}


def test_data_means_the_sets_photos_and_falls_back_to_places(tmp_path):
    photo(tmp_path / "a.jpg")
    own = [Photograph(tmp_path / "a.jpg")]
    assert open_backgrounds("data", own).draw(np.random.default_rng(0), 32)[1] == "a.jpg"
    assert isinstance(open_backgrounds("data", []), BuiltinBackgrounds)
    assert isinstance(open_backgrounds("builtin", own), BuiltinBackgrounds)


def test_every_place_is_there_bright_enough_and_varied():
    source, kinds = BuiltinBackgrounds(), set()
    for number in range(SCENES):
        image = source.place(number)
        assert image.shape == (384, 512, 3)
        assert 20 < image.mean() < 235
        assert image.std() > 12
        kinds.add(place_name(number).split("-")[0])
    assert len(kinds) == 12
    assert sum(file.stat().st_size for file in place_file(0).parent.iterdir()) < 4e6


def test_a_place_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(builtin, "KINDS", ("moon",))
    with pytest.raises(StageError, match="moon-5"):
        BuiltinBackgrounds().place(5)


def test_names_say_which_place_was_drawn():
    source = BuiltinBackgrounds()
    names = {source.draw(np.random.default_rng(i), 32)[1] for i in range(300)}
    assert names <= {"builtin:china.jpg", *(f"builtin:{place_name(n)}" for n in range(SCENES))}
    assert len(names) == SCENES + 1


def test_the_pictures_are_in_the_key_of_whoever_draws_them():
    code = closure_of(("smpl_assets.render.stage",), CodeCache())
    assert {f"smpl_assets/backgrounds/data/{place_name(n)}.jpg" for n in range(SCENES)} <= set(code)
    assert not any("paint" in name for name in code)
