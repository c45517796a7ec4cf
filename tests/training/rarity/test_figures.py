import json

import cv2
import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.progress import silent
from tests.training.rarity.people import make_people
from training.rarity.coverage import coverage_figure, measure_coverage
from training.rarity.drawing import save
from training.rarity.figures import draw_figures
from training.rarity.galleries import person_crop
from training.rarity.settings import RareSettings
from training.rarity.stage import find_rare_poses
from training.rarity.standalone import rare_list

SETTINGS = RareSettings(clusters=4, sweep_from=3, sweep_to=4, seeds=2, map_people=40)
BARE = RareSettings(clusters=4, sweep=False, seeds=1, map_people=0)
NAMES = {"gallery", "reasons", "reason_examples", "centres", "histograms", "joints", "map", "sweep", "lists"}


@pytest.fixture(scope="module")
def people():
    return make_people(100, upside_down=4)


def test_all_figures_are_drawn_with_captions(people, tmp_path):
    (tmp_path / "figures").mkdir()
    find_rare_poses(people, make_people(20, seed=2, upside_down=1), SETTINGS, 0, tmp_path, silent)
    cv2.imwrite(str(tmp_path / "099.jpg"), np.full((400, 400, 3), (200, 30, 30), np.uint8))  # one photo, the others are missing
    drawn = draw_figures(tmp_path, people, tmp_path, tmp_path / "figures")
    assert set(drawn) == {f"rare_{name}" for name in NAMES}
    for file, caption in drawn.values():
        image = cv2.imread(str(tmp_path / "figures" / file))
        assert min(image.shape[:2]) > 150
        assert image.std() > 5
        assert len(caption) > 20
    gallery = cv2.imread(str(tmp_path / "figures" / "rare_gallery.png")).reshape(-1, 3).astype(int)
    assert (np.abs(gallery - (200, 30, 30)).max(1) < 20).sum() > 5000  # the photo is there


def test_a_crop_puts_a_painted_pixel_where_the_keypoint_goes(tmp_path):
    image = np.zeros((200, 300, 3), np.uint8)
    image[90:93, 140:143] = (0, 0, 255)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    crop, corner, factor = person_crop(tmp_path / "a.png", np.array([[100.0, 60.0], [180.0, 150.0]]))
    red = np.argwhere(crop[..., 0] > 128)
    middle = red.mean(0)[::-1] + 0.5
    np.testing.assert_allclose(middle, (np.array([141.5, 91.5]) - corner) * factor, atol=1.0)
    assert person_crop(tmp_path / "none.png", np.zeros((2, 2))) is None


def test_the_list_with_its_report(people, tmp_path):
    out = tmp_path / "list"
    scores = rare_list(people, BARE, 0, None, out, "my <people>")
    page = (out / "report.html").read_text()
    assert "my &lt;people&gt;" in page
    assert page.count("data:image/png;base64,") == len(NAMES - {"map", "sweep"}) == len(list((out / "figures").iterdir()))
    assert "http" not in page.replace("http-equiv", "")
    assert f"{scores.rare.sum()} of 100 people" in page
    assert (out / "rare_poses.csv").read_text().count("\n") == 101
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="not a folder that can be written"):
        rare_list(people, BARE, 0, None, tmp_path / "file")


@pytest.mark.parametrize("normalisation", ["mpii", "coco", "box", "torso"])
def test_the_list_needs_no_validation_people_under_any_normalisation(people, tmp_path, normalisation):
    settings = BARE.model_copy(update={"normalisation": normalisation})
    find_rare_poses(people, people.select(np.zeros(0, np.int64)), settings, 0, tmp_path, silent)
    counts = json.loads((tmp_path / "summary.json").read_text())["seed_counts"]
    assert counts["train"]["taus"]
    assert counts["validation"]["taus"] == []


def test_added_samples_fill_the_gap(people, tmp_path):
    validation = make_people(60, seed=3, upside_down=5)
    added = make_people(30, seed=4, upside_down=30)
    coverage = measure_coverage(people, added, validation, BARE, 0, tmp_path)
    assert coverage == json.loads((tmp_path / "coverage.json").read_text())
    assert sum(row["before"] for row in coverage["clusters"]) == 100
    assert sum(row["added"] for row in coverage["clusters"]) == coverage["added"] == 30
    assert coverage["added_rare_share"] > 0.5
    for split, rare in (("train", 3), ("validation", 5)):
        tail = coverage["tail"][split]
        assert tail["rare_before"] >= rare
        assert tail["rare_after"] <= tail["rare_before"] - (1 if split == "train" else 5)
        assert tail["median_after"] < tail["median_before"]
    file = save(coverage_figure(coverage), tmp_path / "coverage.png")
    assert cv2.imread(str(file)).std() > 5


def test_usual_poses_do_not_fill_it(people, tmp_path):
    coverage = measure_coverage(people, make_people(30, seed=4), people, BARE, 0, tmp_path)
    tail = coverage["tail"]["train"]
    assert tail["median_after"] > 0.9 * tail["median_before"]
    assert coverage["added_rare_share"] < 0.2


def test_coverage_needs_samples(people, tmp_path):
    with pytest.raises(InputError, match="there are 0"):
        measure_coverage(people, people.select(np.zeros(0, np.int64)), people, BARE, 0, tmp_path)
