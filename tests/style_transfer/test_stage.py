import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.archive import ArchiveReader, ArchiveWriter
from smpl_assets.errors import InputError, StageError
from smpl_assets.labels import SampleLabels
from smpl_assets.work import Bench
from style_transfer.pixels import composite, decode_rgb, decode_rgba, read_render
from style_transfer.stage import train_translator
from style_transfer.translate import load_translator
from style_transfer.translate_stage import translate_shard
from tests.style_transfer.world import tiny, write_render

FILES = ("images.tar", "labels.npz", "summary.json")


def translate(render: Path, translator: Path, out: Path, **changes: object) -> tuple[SampleLabels, ArchiveReader]:
    out.mkdir()
    translate_shard(render, translator, tiny(**changes), Bench(3, out))
    return SampleLabels.load(out / "labels.npz"), ArchiveReader(out / "images.tar")


@pytest.fixture(scope="module", params=["ugatit", "statistics"])
def translator(request: pytest.FixtureRequest, world: tuple, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "ugatit":
        return trained
    out = tmp_path_factory.mktemp("statistics")
    train_translator(*world, tiny(method="statistics"), Bench(3, out))
    return out


def test_labels_images_and_silhouette_are_kept(world: tuple, translator: Path, tmp_path: Path) -> None:
    before = SampleLabels.load(world[0][0] / "labels.npz")
    labels, images = translate(world[0][0], translator, tmp_path / "out")
    untouched = {n: getattr(before, n) for n in ("drift_px", "kept", "kept_reason")}
    assert replace(labels, **untouched) == before
    rendered = ArchiveReader(world[0][0] / "images.tar")
    for new in labels.samples:
        assert new.kept is True
        assert new.drift_px < 3
        person, was = (decode_rgba(a.read(f"{new.name}_person.png"), "") for a in (images, rendered))
        assert np.array_equal(person[..., 3], was[..., 3])
        assert np.abs(person.astype(int) - was)[was[..., 3] > 200].mean() > 3
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["samples"] == summary["kept"] == 6
    assert summary["reasons"] == {"labels hold": 6}


def test_background_and_grain_stay(world: tuple, translator: Path, tmp_path: Path) -> None:
    labels, images = translate(world[0][0], translator, tmp_path / "out", jpeg_quality=100)
    rendered = ArchiveReader(world[0][0] / "images.tar")
    for sample in labels.samples:
        render = read_render(rendered, sample)
        assert render is not None
        picture = decode_rgb(rendered.read(f"{sample.name}.jpg"), "")
        assert np.quantile(np.abs(composite(render.person, render.background).astype(int) - picture), 0.995) <= 1
        new = decode_rgb(images.read(f"{sample.name}.jpg"), "").astype(int)
        away = render.person[..., 3] == 0
        assert np.abs(new - picture)[away].mean() < 2


def test_translated_people_are_nearer_to_the_photographed(translator: Path) -> None:
    kid = json.loads((translator / "card.json").read_text())["kid"]
    assert kid["after"] < 0.6 * kid["before"]
    assert kid["scale"] == 100
    assert kid["after"] < kid["after_50"] < kid["before"]  # parts of the change are judged too


def test_the_card_says_what_the_statistics_and_what_the_network_moved(world: tuple, trained: Path, tmp_path: Path) -> None:
    learnt = json.loads((trained / "card.json").read_text())["moved"]
    assert learnt["statistics"] > 5
    assert learnt["network"] > 0
    moved = []
    for number, change in enumerate(({"iterations": 0}, {"start": "identity"}, {"method": "statistics"})):
        out = tmp_path / str(number)
        out.mkdir()
        train_translator(*world, tiny(**change), Bench(3, out))
        moved.append(json.loads((out / "card.json").read_text())["moved"])
    assert moved[0] == {"statistics": learnt["statistics"], "network": 0}  # its share is zero before the first iteration
    assert moved[1]["statistics"] == 0
    assert moved[1]["network"] > 0
    assert moved[2] == {"statistics": learnt["statistics"], "network": None}


def test_another_strength_is_judged_alike_and_trains_nothing(world: tuple, trained: Path, tmp_path: Path) -> None:
    weaker = tiny(strength=0.3)
    assert weaker.trained() == tiny().trained()
    train_translator(*world, weaker, Bench(3, tmp_path))
    for file in trained.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_same_bytes_again(world: tuple, translator: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        translate(world[0][1], translator, tmp_path / name)
    for file in FILES:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_training_again_gives_the_same_artifact(world: tuple, trained: Path, tmp_path: Path) -> None:
    train_translator(*world, tiny(), Bench(3, tmp_path, scratch=tmp_path.parent))
    for file in trained.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name


def test_strength_zero_and_kept_detail_change_nothing(world: tuple, trained: Path, tmp_path: Path) -> None:
    _, images = translate(world[0][0], trained, tmp_path / "out", strength=0.0, detail="keep")
    rendered = ArchiveReader(world[0][0] / "images.tar")
    for sample in SampleLabels.load(world[0][0] / "labels.npz").samples:
        render = read_render(rendered, sample)
        assert render is not None
        assert np.array_equal(decode_rgba(images.read(f"{sample.name}_person.png"), ""), render.person)


def test_samples_whose_labels_drift_are_marked(world: tuple, trained: Path, tmp_path: Path) -> None:
    labels, images = translate(world[0][0], trained, tmp_path / "out", min_structure=1.0)
    assert all(s.kept is False and s.kept_reason == "structure lost" for s in labels.samples)
    assert len(images.names()) == 12
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["kept"] == 0
    assert summary["reasons"] == {"structure lost": 6}


def test_every_kind_of_generator_goes_through(world: tuple, tmp_path: Path) -> None:
    for number, change in enumerate(({"residual": False}, {"light": False}, {"start": "identity"}, {"residual_blocks": 2})):
        out = tmp_path / str(number)
        out.mkdir()
        train_translator(*world, tiny(iterations=2, **change), Bench(3, out))
        labels, _ = translate(world[0][1], out, tmp_path / f"shard{number}")
        assert len(labels.samples) == 4


def test_unreadable_renders_are_left_out_and_counted(trained: Path, tmp_path: Path) -> None:
    folder = write_render(tmp_path / "render", range(4))
    archive = ArchiveReader(folder / "images.tar")
    members = {n: archive.read(n) for n in archive}
    members["000000001000_person.png"] = members["000000001000.jpg"]
    del members["000000002000_background.jpg"]
    with ArchiveWriter(folder / "images.tar") as tar:
        for name, data in members.items():
            tar.add(name, data)
    labels, _ = translate(folder, trained, tmp_path / "out")
    assert [s.sample_id for s in labels.samples] == [0, 3000]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["unreadable"] == 2


def test_an_empty_shard_is_translated_to_an_empty_one(trained: Path, tmp_path: Path) -> None:
    labels, images = translate(write_render(tmp_path / "render", range(0)), trained, tmp_path / "out")
    assert labels.samples == ()
    assert images.names() == []


def test_too_few_people_is_one_clear_error(world: tuple, tmp_path: Path) -> None:
    shards, table, root = world
    few = write_render(tmp_path / "render", range(2))
    with pytest.raises(StageError, match=r"2 usable rendered people, at least 4"):
        train_translator([few], table, root, tiny(), Bench(0, tmp_path))
    with pytest.raises(InputError, match=r"left out 12 x box smaller than 1000 px; 0 usable photographed people") as error:
        train_translator(shards, table, root, tiny(min_side=1000), Bench(0, tmp_path))
    assert "translator.min_side" in error.value.next_step


def test_weights_that_judge_are_read_before_anything_is_trained(world: tuple, tmp_path: Path) -> None:
    (tmp_path / "judge.pth").write_bytes(b"nothing")
    done: list[int] = []
    settings = tiny(kid_features="resnet18", kid_weights=str(tmp_path / "judge.pth"))
    with pytest.raises(InputError, match="kid_weights"):
        train_translator(*world, settings, Bench(3, tmp_path, progress=lambda now, total, **_: done.append(now)))
    assert not done


def test_an_incomplete_translator_is_one_clear_error(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes((trained / "card.json").read_bytes())
    with pytest.raises(StageError, match="not a complete translator"):
        load_translator(tmp_path, "cpu")
    (tmp_path / "translator.safetensors").write_bytes(b"garbage")
    with pytest.raises(StageError, match="not a complete translator"):
        load_translator(tmp_path, "cpu")
