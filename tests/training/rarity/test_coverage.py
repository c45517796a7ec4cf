import dataclasses
import json

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from tests.training.rarity.people import make_people, make_table
from training.rarity.coverage import measure_coverage
from training.rarity.settings import RareSettings
from training.rarity.stage import score_poses

BARE = RareSettings(clusters=4, map_people=0)


@pytest.fixture(scope="module")
def people():
    return make_people(100, upside_down=4)


def test_added_samples_fill_the_gap(people, tmp_path):
    validation = make_people(60, seed=3, upside_down=5)
    added = make_people(30, seed=4, upside_down=30)
    coverage = measure_coverage(people, {"translated": added}, validation, BARE, Bench(0, tmp_path))
    assert coverage == json.loads((tmp_path / "coverage.json").read_text())
    assert sum(row["before"] for row in coverage["clusters"]) == 100
    assert sum(row["added"] for row in coverage["clusters"]) == coverage["added"] == 30
    assert coverage["added_rare_share"] > 0.5
    for split, rare in (("train", 3), ("validation", 5)):
        tail = coverage["tail"][split]
        assert tail["rare_before"] >= rare
        assert tail["rare_after"] <= tail["rare_before"] - (1 if split == "train" else 5)
        assert tail["median_after"] < tail["median_before"]


def test_usual_poses_do_not_fill_it(people, tmp_path):
    coverage = measure_coverage(people, {"render": make_people(30, seed=4)}, people, BARE, Bench(0, tmp_path))
    tail = coverage["tail"]["train"]
    assert tail["median_after"] > 0.9 * tail["median_before"]
    assert coverage["added_rare_share"] < 0.2


def test_a_labelling_mistake_is_no_gap_to_fill(people, tmp_path):
    points = people.keypoints.copy()
    points[10, people.skeleton.index("left_wrist")] += 170.0
    mistaken = dataclasses.replace(people, keypoints=points)
    _, scores, _ = score_poses(mistaken, mistaken, BARE, 0)
    assert scores["train"].reason[10] == "annotation"
    coverage = measure_coverage(mistaken, {"render": make_people(30, seed=4)}, mistaken, BARE, Bench(0, tmp_path))
    assert [coverage["tail"][split]["rare_before"] for split in ("train", "validation")] == [
        s.rare.sum() for s in scores.values()
    ]
    assert sum(row["rare_before"] for row in coverage["clusters"]) == scores["train"].rare.sum()


def test_hidden_joints_of_renders_count_only_where_the_set_tells_them(tmp_path):
    people = make_people(100, upside_down=4, skeleton="coco17")
    _, scores, _ = score_poses(people, people, BARE, 0)
    copies = people.select(np.repeat(np.flatnonzero(scores["train"].rare), 6))
    visible = copies.visible.copy()
    visible[:, ::2] = False
    hiding = dataclasses.replace(copies, visible=visible)
    tail = measure_coverage(people, {"render": hiding}, people, BARE, Bench(0, tmp_path))["tail"]["train"]
    assert tail["rare_before"] > 0
    assert tail["median_after"] < 0.01
    seen = people.visible.copy()
    seen[0, 0] = False
    telling = dataclasses.replace(people, visible=seen)
    assert measure_coverage(telling, {"render": hiding}, people, BARE, Bench(0, tmp_path))["tail"]["train"]["median_after"] > 0.1


def test_the_first_kind_with_samples_is_added(people, tmp_path):
    nobody = people.select(np.zeros(0, np.int64))
    assert measure_coverage(people, {"render": nobody}, people, BARE, Bench(0, tmp_path)) == {"kinds": [], "added": 0}
    assert json.loads((tmp_path / "coverage.json").read_text())["added"] == 0
    found = measure_coverage(people, {"translated": nobody, "render": make_people(6)}, people, BARE, Bench(0, tmp_path))
    assert (found["kinds"], found["added"]) == (["render"], 6)
    both = {"translated": make_people(4), "render": make_people(6), "fill": make_people(5, upside_down=5)}
    found = measure_coverage(people, both, people, BARE, Bench(0, tmp_path))
    assert (found["kinds"], found["added"]) == (["translated", "fill"], 9)
    found = measure_coverage(people, {"fill": both["fill"]}, people, BARE, Bench(0, tmp_path))
    assert (found["kinds"], found["added"]) == (["fill"], 5)


def test_coverage_needs_the_same_skeleton(people, tmp_path):
    with pytest.raises(InputError, match="not in lsp14"):
        measure_coverage(people, {"render": make_people(5, skeleton="lsp14")}, people, BARE, Bench(0, tmp_path))


def test_concatenated_tables_keep_their_images(people):
    both = PoseTable.concatenate([people, make_table(people.keypoints[:3])])
    assert len(both) == 103
    assert both.file_name(102) == "002.jpg"
    assert both.source_id[100] == "person 0"
