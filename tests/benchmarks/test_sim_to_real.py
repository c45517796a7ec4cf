"""Every row of `benchmarks/sim_to_real.py` learns from equally many people, and changes what it says it changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import sim_to_real
from benchmarks.sim_to_real import CLOTHES, SHORT_ROWS, first_people, shards_of, takes, trained, without
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabels
from smpl_assets.pose_table import ImageTable
from smpl_assets.textures.look import make_look
from smpl_assets.work import Bench
from tests.training.figures import make_label, table_of
from training.augmented.samples import LABELS
from training.start import stage as start_stage
from training.start.people import SKELETON
from training.start.settings import StartSettings
from training.start.stage import everybody
from training.systems.checkpoint import FILE

PEOPLE, IMAGES_OF_A_SHARD = 23, 5


def labels_of(images: range, people: int) -> SampleLabels:
    """Images with so many people each; of every third image one of them is too small to be learnt from."""
    points = np.stack([np.linspace(20, 50, len(SKELETON.keypoints)), np.linspace(10, 80, len(SKELETON.keypoints))], 1)
    table = table_of(SKELETON, points[None], ImageTable.of(["0.jpg"]))
    rows = []
    for number in images:
        for index in range(people):
            label = make_label(table, 0, points, number)
            small = number % 3 == 0 and index == people - 1
            rows.append({**label, "subject": index == 0, "bbox": [20.0, 10.0, 5.0, 5.0] if small else label["bbox"]})
    return SampleLabels.of(SKELETON, "anny", rows)


def test_people_of_one_shard_after_the_other_until_there_are_so_many() -> None:
    some, shards = first_people(11), [labels_of(range(first, first + 5), 2) for first in (0, 5, 10)]
    kept = [some(labels, str(number)) for number, labels in enumerate(shards)]
    usable = [everybody(labels, str(number)) for number, labels in enumerate(shards)]
    assert [len(u) for u in usable] == [8, 8, 9]
    assert [len(k) for k in kept] == [8, 3, 0]
    assert kept[1].key == usable[1].key[:3]
    assert kept[0].kind == ("0",) * 8


def test_images_are_rendered_until_there_are_so_many_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim_to_real, "SHARD", 100)
    asked: list[tuple[int, int]] = []

    def render(first: int, last: int) -> int:
        asked.append((first, last))
        return (last - first) * 9 // 10

    assert shards_of(250, render) == 4
    assert asked == [(0, 100), (100, 200), (200, 270), (300, 320)]  # 90 + 90 + 63, and 7 are too few to render by themselves


def test_nobody_to_learn_from_ends_it() -> None:
    with pytest.raises(StageError, match="nobody to learn from"):
        shards_of(5, lambda first, last: 0)


@pytest.mark.parametrize("name", ["everything", "nobody beside them", "no hair"])
def test_every_row_learns_from_equally_many_people(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt = []

    def render(items: tuple[int, int], pool: object, start: StartSettings, *others: object) -> None:
        bench = others[-1]
        assert isinstance(bench, Bench)
        labels_of(range(*items), start.people).save(bench.out / LABELS)

    def train(shards: list[Path], start: StartSettings, settings: object, bench: Bench) -> None:
        for number, shard in enumerate(shards):
            learnt.extend(start_stage.everybody(SampleLabels.load(shard / LABELS), str(number)).key)
        (bench.out / FILE).write_bytes(b"")

    monkeypatch.setattr(sim_to_real, "SHARD", IMAGES_OF_A_SHARD)
    monkeypatch.setattr(sim_to_real, "LEAST_IMAGES", 2)
    monkeypatch.setattr(sim_to_real, "render_start", render)
    monkeypatch.setattr(sim_to_real, "train_start", train)
    done = trained(takes(None)[name], tmp_path / "row", PEOPLE, 2, 1)
    assert done.exists()
    assert len(learnt) == len(set(learnt)) == PEOPLE
    assert start_stage.everybody is everybody
    trained(takes(None)[name], tmp_path / "row", PEOPLE, 2, 1)  # made once
    assert len(learnt) == PEOPLE


def test_rows_lack_what_they_say() -> None:
    rows = takes(Path("photographs"))
    assert set(SHORT_ROWS) <= set(rows)
    assert StartSettings(**dict(rows["nobody beside them"].start)).people == 1
    assert dict(rows["photographs as surroundings"].render) == {"backgrounds": "photographs"}
    assert "photographs as surroundings" not in takes(None)
    names = [{layer.name for layer in look(5).layers} for look in (make_look, without(*CLOTHES), without("hair", "fall"))]
    assert names[0] & set(CLOTHES)
    assert not names[1] & set(CLOTHES)
    assert names[2] == names[0] - {"hair", "fall"} != names[0]
    assert not without(*CLOTHES)(5).layers[0].hidden  # the skin under the clothes is drawn
