"""`rarepose rare`: the list and the report's section of rare poses, without a run."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from pipeline.report.rare_list import rare_list
from pipeline.report.table import SECTIONS
from smpl_assets.errors import InputError
from smpl_assets.work import Bench
from tests.training.rarity.people import make_people
from training.rarity.settings import RareSettings

RARE = next(s for s in SECTIONS if s.name == "rare")
SETTINGS = RareSettings(clusters=4, sweep_from=3, sweep_to=4, seeds=2, map_people=40)
BARE = RareSettings(clusters=4, sweep=False, seeds=1, map_people=0)
PICTURES, CHARTS = {"gallery", "reason_examples", "centres", "lists"}, {"histograms", "joints"}


@pytest.fixture(scope="module")
def people():
    return make_people(100, upside_down=4)


def test_all_figures_are_drawn_over_the_photo_where_there_is_one(people, tmp_path):
    cv2.imwrite(str(tmp_path / "099.jpg"), np.full((400, 400, 3), (200, 30, 30), np.uint8))  # the others are missing
    rare_list(people, tmp_path, RARE, SETTINGS, Bench(0, tmp_path))
    names = {f"rare_{n}.png" for n in PICTURES | CHARTS | {"map", "sweep"}}
    assert {p.name for p in (tmp_path / "figures").iterdir()} == names
    for name in names:
        image = cv2.imread(str(tmp_path / "figures" / name))
        assert min(image.shape[:2]) > 100
        assert image.std() > 5
    gallery = cv2.imread(str(tmp_path / "figures" / "rare_gallery.png")).reshape(-1, 3).astype(int)
    assert (np.abs(gallery - (200, 30, 30)).max(1) < 20).sum() > 5000


def test_the_list_with_its_report(people, tmp_path):
    out = tmp_path / "list"
    scores = rare_list(people, None, RARE, BARE, Bench(0, out), "my <people>")
    page = (out / "report.html").read_text()
    assert "Rare poses of my &lt;people&gt;" in page
    assert page.count("data:image/") == len(PICTURES)
    assert page.count('class="chart') == len(CHARTS)
    text = re.sub(r"<[^>]+>", "", page)
    assert f"Of 100 people, {scores.rare.sum()} (" in text
    assert "Suggestion: tau between" in text
    assert "validation" not in text
    assert (out / "rare_poses.csv").read_text().count("\n") == 101
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="not a folder that can be written"):
        rare_list(people, None, RARE, BARE, Bench(0, tmp_path / "file"))
