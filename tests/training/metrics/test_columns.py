import dataclasses
import math

import numpy as np

from tests.training.figures import make_scores
from training.evaluate_settings import EvaluateSettings
from training.metrics.columns import Column, build_columns, rarity_values


def test_columns_of_given_thresholds():
    columns = build_columns(make_scores(20, 5), EvaluateSettings(taus=(0.5, 1.0, 1.2)))
    assert [c.name for c in columns] == ["All", "< 0.5", ">= 0.5", ">= 1", ">= 1.2"]
    values = np.array([0.1, 0.5, 1.0, 1.3, np.nan])
    assert [c.rows(values).tolist() for c in columns] == [
        [True] * 5,
        [True, False, False, False, False],
        [False, True, True, True, False],
        [False, False, True, True, False],
        [False, False, False, True, False],
    ]


def test_columns_from_the_data():
    scores = make_scores(40, 6)  # six people above the threshold of 1
    columns = build_columns(scores, EvaluateSettings(shares=(0.1, 0.05)))
    values = rarity_values(scores, "score")
    assert [c.name.split(" (")[0] for c in columns] == ["All", "usual", "rare", "rarest 10 %", "rarest 5 %"]
    assert [int(c.rows(values).sum()) for c in columns] == [40, 34, 6, 4, 2]
    by_distance = build_columns(scores, EvaluateSettings(by="distance", shares=()))
    assert [int(c.rows(rarity_values(scores, "distance")).sum()) for c in by_distance] == [40, 34, 6]


def test_nobody_rare_gives_an_empty_column():
    scores = make_scores(10, 0)
    columns = build_columns(scores, EvaluateSettings(by="distance", shares=()))
    assert math.isinf(columns[2].lower)
    assert not columns[2].rows(rarity_values(scores, "distance")).any()


def test_people_left_out_by_rarity_belong_to_all_only():
    scores = make_scores(6, 2)
    scores = dataclasses.replace(scores, included=np.array([False] + [True] * 5))
    values = rarity_values(scores, "score")
    rows = [c.rows(values)[0] for c in build_columns(scores, EvaluateSettings())]
    assert rows == [True, False, False, False]


def test_labelling_mistakes_belong_to_all_only_unless_they_are_kept():
    scores = make_scores(6, 3)
    reason, rare = scores.reason.astype("<U20"), scores.rare.copy()
    reason[5], rare[5] = "annotation", False
    mistaken = dataclasses.replace(scores, reason=reason, rare=rare)
    for by in ("score", "distance"):
        settings = EvaluateSettings(by=by)
        rows = [c.rows(rarity_values(mistaken, by)) for c in build_columns(mistaken, settings)]
        assert [r[5] for r in rows] == [True, False, False, False]
        assert rows[2].tolist() == rare.tolist()
    kept = dataclasses.replace(scores, reason=reason)
    assert build_columns(kept, EvaluateSettings())[2].rows(rarity_values(kept, "score"))[5]


def test_json_has_no_infinities():
    assert Column("All").to_json(3) == {"name": "All", "lower": None, "upper": None, "people": 3}
    assert Column("< 1", upper=1.0).to_json(2) == {"name": "< 1", "lower": None, "upper": 1.0, "people": 2}
