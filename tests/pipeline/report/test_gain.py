"""What the page says of the gain: in the opening, by reason, person by person, and what it cost."""

from __future__ import annotations

import json
import re

import pytest

from pipeline.report.gain import Change, Gain, find_gain
from pipeline.report.gain_words import gain_note, gain_sentences, gain_text
from pipeline.report.inputs import ReportInputs
from pipeline.report.run import Run
from pipeline.report.sections import reasons
from smpl_assets.archive import write_json
from smpl_assets.pose_table import PoseTable
from training.evaluate_settings import EvaluateSettings
from training.metrics.evaluate import Validation, versus
from training.metrics.match import match_people
from training.metrics.rarity_table import Cell
from training.poses import Poses
from training.rarity.scores import RareScores

from .made.pages import SETTINGS, build, changed, rewritten

BEST = "drp+asrpt+wlcd"
UP, NONE, DOWN, BARE = (Cell(50.0, None, None, *d) for d in ((4.0, 1.0, 7.0), (1.0, -2.0, 4.0), (-3.0, -5.0, -1.0), (2.0,)))


def plain(page: str) -> str:
    """Its words."""
    page = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def cells(page: str) -> str:
    """Its words, those of a table apart."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def gain(rare: Cell, usual: Cell, *rivals: Change, rows: int = 3, seeds: int = 1) -> Gain:
    changes = (Change("baseline", "Baseline", usual, rare), *rivals)
    return Gain("drp", "DRP", "pck", "PCK@0.2", 400, 30, rows, seeds, 0.95, changes)


@pytest.mark.parametrize(
    ("rare", "usual", "said"),
    [
        (UP, NONE, "gained +4.0 points of PCK@0.2 on the 30 rare validation people against the baseline: 95 % interval +1.0"),
        (NONE, DOWN, "moved by +1.0 points of PCK@0.2 on the 30 rare validation people against the baseline, which may be"),
        (NONE, DOWN, "may be chance: the 95 % interval −2.0 to +4.0 over people (one training of each row) contains zero."),
        (NONE, DOWN, "The 400 usual people lost: −3.0 (−5.0 to −1.0)."),
        (DOWN, UP, "moved by −3.0 points of PCK@0.2 on the 30 rare validation people against the baseline, a loss: 95 %"),
        (DOWN, UP, "The 400 usual people gained: +4.0 (+1.0 to +7.0)."),
        (UP, NONE, "Nothing measurable changed for the 400 usual people: +1.0 (−2.0 to +4.0)."),
        (BARE, BARE, "against the baseline (no interval). The 400 usual people moved by +2.0."),
    ],
)
def test_what_is_claimed_hangs_on_the_interval(rare, usual, said):
    (sentence,) = gain_sentences(gain(rare, usual), "the baseline")
    assert said in plain(sentence)
    assert plain(sentence).startswith("DRP, the best of 3 variants on rare people, ")


@pytest.mark.parametrize(
    ("rare", "said"),
    [(UP, "beats the cheap rival"), (NONE, "no measurable lead"), (DOWN, "does better"), (BARE, "Against the cheap rival")],
)
def test_the_cheap_rival_has_a_sentence(rare, said):
    found = gain(UP, NONE, Change("turn", "Baseline, any rotation", NONE, rare), rows=1, seeds=3)
    first, second = map(plain, gain_sentences(found, "the baseline"))
    assert first.startswith("DRP gained +4.0 points")
    assert "over people and 3 trainings of each row" in first
    assert said in second


def test_the_gain_in_the_terminal_and_below_the_large_number():
    found = gain(UP, DOWN, Change("turn", "Baseline, any rotation", NONE, NONE))
    assert gain_text(found).split("\n") == [
        "Best of 3 rows on rare people, cheap rivals apart: DRP",
        "  against Baseline: +4.00* (+1.00 to +7.00) on 30 rare people, -3.00* (-5.00 to -1.00) on 400 usual ones",
        "  against Baseline, any rotation: +1.00 (-2.00 to +4.00) on 30 rare people, +1.00 (-2.00 to +4.00) on 400 usual ones",
    ]
    assert gain_note(found, "the baseline") == "DRP against the baseline: +1.0 to +7.0"
    assert gain_note(gain(NONE, UP), "the baseline") == "DRP against the baseline: −2.0 to +4.0, may be chance"
    assert gain_note(gain(BARE, UP), "the baseline") == "DRP against the baseline"


def metrics_of(inputs: ReportInputs, row: str) -> dict:
    return json.loads((inputs.one("evaluate", row) / "metrics.json").read_text())


def as_rival(row: str, content: dict) -> None:
    """ASRP becomes the baseline that turns its photographs."""
    if row == "asrp":
        content |= {"variant": "turn", "recipe": "turn", "title": "Baseline, any rotation"}


def test_the_rival_is_held_against_the_best_row_on_its_predictions(inputs, tmp_path):
    run = rewritten(inputs, tmp_path / "run", as_rival)
    page = plain(build(run, tmp_path / "out", "results"))
    scores = RareScores.load(inputs.one("rare_poses") / "validation.npz")
    people = Validation(PoseTable.load(inputs.one("annotations", "validation") / "poses.npz"), tmp_path, scores)
    files = [inputs.one("evaluate", row) / "predictions.npz" for row in (BEST, "asrp")]
    found, other = ([match_people(Poses.load(file), people.table)] for file in files)
    difference = versus(found, other, people, "oks_ap", EvaluateSettings(), 0)["difference"]
    values = [metrics_of(inputs, row)["metrics"]["oks_ap"]["values"][2] for row in (BEST, "asrp")]
    assert difference["values"][2] == pytest.approx(values[0] - values[1], abs=1e-5)
    low, high = (f"{difference[bound][2]:+.2f}" for bound in ("low", "high"))
    text = (tmp_path / "out" / "table.txt").read_text()
    assert re.search(
        re.escape(f"against Baseline, any rotation: {difference['values'][2]:+.2f}") + r"\*? " + re.escape(f"({low} to {high})"),
        text,
    )
    assert "the cheap rival “Baseline, any rotation”" in page
    assert "all trained alike but for their recipe." in page
    assert "DRP + ASRPT + WLCD gained" in page  # the one row beside the rival


def test_the_rival_is_not_the_best_row_unless_it_is_alone(inputs, tmp_path):
    def change(row: str, content: dict) -> None:
        as_rival(row, content)
        if row == "asrp":
            difference = content["metrics"]["oks_ap"]["difference"]
            difference["values"] = [90.0] * len(difference["values"])

    run = rewritten(inputs, tmp_path, change)
    both = find_gain(Run(run, SETTINGS, tmp_path))
    assert (both.row, both.rows, [c.against for c in both.changes]) == (BEST, 1, ["baseline", "turn"])
    rows = {row: folder for row, folder in run.units("evaluate").items() if row != BEST}
    alone = find_gain(Run(changed(run, evaluate=rows), SETTINGS, tmp_path))
    assert (alone.row, [c.against for c in alone.changes]) == ("turn", ["baseline"])


def test_a_row_without_a_baseline_opens_nothing(inputs, tmp_path):
    """A second network whose baseline was not evaluated has no differences, however good it is."""

    def change(row: str, content: dict) -> None:
        content |= {"network": "simple"}
        if row == BEST:
            content |= {"network": "cpn", "against": None}
            for figures in content["metrics"].values():
                figures |= {"difference": None} if "values" in figures else {}

    text = build(rewritten(inputs, tmp_path / "run", change), tmp_path / "out", "results", "before_after")
    assert "found by ASRP" in text
    assert "found by DRP" not in text


def test_figures_without_intervals_are_shown_as_such(inputs, tmp_path):
    def change(row: str, content: dict) -> None:
        for figures in content["metrics"].values():
            for part in (figures, figures.get("difference") or {}):
                part |= {bound: [None] * len(part[bound]) for bound in ("low", "high") if bound in part}

    text = build(rewritten(inputs, tmp_path / "run", change), tmp_path / "out", "rare", "results")
    assert "against the baseline (no interval)" in plain(text)


def test_several_networks_and_trainings_are_told_apart(inputs, tmp_path):
    def change(row: str, content: dict) -> None:
        label = "" if row == BEST else "simple"
        title = "DACP (simple: Baseline, cpn: DRP)" if row == BEST else f"simple: {content['title']}"
        content |= {"network": label, "variant": f"{label}/{row}".strip("/"), "title": title, "seeds": 2}
        content |= {"against": content["against"] and "simple/baseline"}

    page = plain(build(rewritten(inputs, tmp_path / "run", change), tmp_path / "out", "results"))
    assert "rows of one network are trained alike but for their recipe, 2 times each with other seeds" in page
    assert "of the same network (that of DACP (simple: Baseline, cpn: DRP) to simple: Baseline), and below" in page
    assert "where the choice of people and of trainings hardly explains it" in page
    assert "alike but for their data" not in page
    single = plain(build(inputs, tmp_path / "single", "results"))
    assert "all trained alike but for their data. Columns" in single
    assert "baseline of the same network, and below that" in single
    assert "where the choice of people hardly explains it" in single


def test_the_gain_by_reason(inputs, tmp_path, monkeypatch):
    best, base = (metrics_of(inputs, row) for row in (BEST, "baseline"))
    figures = best["metrics"]["oks_ap"]["by_reason"]
    assert sum(figures["people"]) == int(RareScores.load(inputs.one("rare_poses") / "validation.npz").rare.sum())
    few = plain(build(inputs, tmp_path / "few", "results", "reasons"))
    assert f"which asks for 10 who count: {best['reasons'][0]['name']} {figures['people'][0]}" in few
    monkeypatch.setattr(reasons, "ENOUGH", 1)
    page = cells(build(inputs, tmp_path / "enough", "results", "reasons"))
    for number, reason in enumerate(best["reasons"]):
        before = base["metrics"]["oks_ap"]["by_reason"]["values"][number]
        assert f"{reason['name']} {figures['people'][number]} {before:.1f}" in page
    assert "Too few people" not in page


def test_people_before_and_after_are_chosen_by_their_error(inputs, tmp_path):
    scores = RareScores.load(inputs.one("rare_poses") / "validation.npz")
    rarest = [int(p) for p in scores.rarest_first() if scores.rare[p]]
    change = dict(zip(rarest, (0.1, -0.3, -0.2, 0.4), strict=True))

    def errors(row: str, content: dict) -> None:
        own = content["per_person"]
        own["error"] = [0.5 + (change.get(p, -0.9) if row == BEST else 0) for p in own["person"]]

    text = build(rewritten(inputs, tmp_path / "run", errors), tmp_path / "out", "results", "before_after")
    groups = dict(re.findall(r"<h3>(The [a-z ]+)</h3>(.*?)(?=<h3>|</section>)", text, re.DOTALL))
    shown = {title: [int(n) for n in re.findall(r"(\d{12})\.jpg", body)] for title, body in groups.items()}
    assert shown == {"The rarest": rarest[:2], "The best gains": rarest[1:2], "The worst losses": rarest[3:]}
    assert "error 0.50 → 0.20" in groups["The best gains"]
    assert "error 0.50 → 0.90" in groups["The worst losses"]
    assert f"Of the {len(rarest)} rare people whose torso is annotated, 2 came closer and 2 moved away." in plain(text)
    more = SETTINGS.model_copy(update={"changes": 9, "people": 0})
    text = build(rewritten(inputs, tmp_path / "again", errors), tmp_path / "more", "results", "before_after", settings=more)
    assert "<h3>The rarest</h3>" not in text
    assert len(re.findall(r"\d{12}\.jpg", text)) == 4


def test_what_each_row_cost(inputs, tmp_path):
    seconds = {"fit": 60.0, "render": 100.0, "translator": 400.0, "translate": 20.0, "inverse": 5.0}
    artifacts = {}
    for stage, units in inputs.artifacts.items():
        artifacts[stage] = {unit: tmp_path / stage / unit for unit in units}
        for unit, folder in artifacts[stage].items():
            folder.mkdir(parents=True)
            for file in inputs.one(stage, unit).iterdir():
                if file.is_file():
                    (folder / file.name).write_bytes(file.read_bytes())
            write_json(folder / "manifest.json", {"seconds": seconds.get(stage, 30.0)})
    shards = len(artifacts["fit"])
    artifacts["fill"], artifacts["render"]["fill-0"] = {"all": tmp_path / "fill"}, tmp_path / "fill-0"
    for folder, took in ((tmp_path / "fill", 7.0), (tmp_path / "fill-0", 50.0)):
        folder.mkdir()
        write_json(folder / "manifest.json", {"seconds": took})
    summary = artifacts["train"]["baseline"] / "summary.json"
    write_json(summary, json.loads(summary.read_text()) | {"samples": {"real": 60, "fill": 5}})
    page = cells(build(changed(inputs, **artifacts), tmp_path / "out", "costs"))
    bodies = 5 + shards * 160
    assert "Baseline 60 0 0 5 400 30 s 57 s 1 min 27 s" in page
    assert f"ASRP 60 12 0 0 400 30 s {_minutes(bodies)} {_minutes(bodies + 30)}" in page
    with_translation = bodies + 400 + shards * 20
    assert f"WLCD 60 0 11 0 400 30 s {_minutes(with_translation)} {_minutes(with_translation + 30)}" in page
    (artifacts["render"]["0"] / "manifest.json").unlink()
    assert "ASRP 60 12 0 0 400 30 s – –" in cells(build(changed(inputs, **artifacts), tmp_path / "unknown", "costs"))


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
