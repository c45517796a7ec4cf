"""The page made of a small run's artifacts."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.report.inputs import ReportInputs
from pipeline.report.rare import REASONS as MEANINGS
from pipeline.report.settings import ReportSettings
from pipeline.report.stage import build_report
from smpl_assets.archive import write_json
from smpl_assets.errors import StageError
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabels
from training.rarity.reasons import REASONS

from .artifacts import BoxBody, make_run, make_table

SETTINGS = ReportSettings(samples=3, people=2, worst_fits=2, pool_poses=4, tile_px=64)


@pytest.fixture(autouse=True, scope="module")
def box_body() -> Iterator[None]:
    """A body that needs no loading, in place of the run's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.report.stage.load_body", lambda settings: BoxBody())
        yield


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> ReportInputs:
    root = tmp_path_factory.mktemp("run")
    roots = {split: root / "images" / split for split in ("train", "validation")}
    for folder in roots.values():
        folder.mkdir(parents=True)
    train, validation = make_table(roots["train"], 60, 0), make_table(roots["validation"], 40, 1)
    return make_run(root / "store", train, validation, roots)


@pytest.fixture(scope="module")
def page(inputs: ReportInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    build_report(inputs, SETTINGS, out)
    return out


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> ReportSettings:
    """Settings of a page without the rarity room's figures, which take most of the time."""
    monkeypatch.setattr("pipeline.report.rare.draw_figures", lambda *inputs: {})
    return SETTINGS.model_copy(update={"coverage": False})


def _text(page: Path) -> str:
    return (page / "report.html").read_text(encoding="utf-8")


class _Collector(HTMLParser):
    """Tags with their attributes, and whether each element is closed in order."""

    void = frozenset({"meta", "img", "br", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _parsed(page: Path) -> _Collector:
    collector = _Collector()
    collector.feed(_text(page))
    return collector


def test_the_page_is_well_formed_and_needs_nothing_else(page):
    found = _parsed(page)
    assert found.open == []
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in found.tags}
    for tag, attributes in found.tags:
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name) or "#"
            assert target.startswith(("data:image/", "#")) or target in ("rare_poses.csv", "figures/"), (tag, target[:80])
        if tag == "img":
            assert attributes["alt"]
    assert not re.search(r"url\((?!#)|@import", _text(page))


def test_ids_are_unique_and_links_lead_somewhere(page):
    tags = _parsed(page).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {
        (a.get("href") or a.get("xlink:href") or "")[1:]
        for _, a in tags
        if (a.get("href") or a.get("xlink:href") or "").startswith("#")
    }
    assert targets <= set(ids)
    assert {"rare", "samples", "results", "bodies", "translation", "set", "left-out", "times"} <= targets


def test_pictures_can_be_decoded_and_the_page_is_small(page):
    pictures = [a["src"] for tag, a in _parsed(page).tags if tag == "img"]
    assert len(pictures) >= 3 * 6 + 2 * 3 + 8
    for uri in pictures:
        Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))).load()
    assert (page / "report.html").stat().st_size < 6e6


def test_figures_are_files_too_and_the_list_is_beside_the_page(page, inputs):
    names = {p.name for p in (page / "figures").iterdir()}
    ours = {
        "strips",
        "loosest_fits",
        "pose_pool",
        "before_after",
        "fit_errors",
        "inverse_losses",
        "translator_losses",
        "label_drift",
        "differences",
    }
    assert {
        f"{n}.png" for n in (*ours, "training_losses", "rare_gallery", "rare_centres", "rare_histograms", "rare_lists")
    } <= names
    assert (page / "rare_poses.csv").read_bytes() == (inputs.rare_poses / "rare_poses.csv").read_bytes()


def test_the_same_artifacts_give_the_same_bytes(inputs, quick, tmp_path):
    pages = [tmp_path / "one", tmp_path / "two"]
    for folder in pages:
        folder.mkdir()
        build_report(inputs, quick, folder)
    assert _text(pages[0]) == _text(pages[1])
    names = sorted(p.name for p in (pages[0] / "figures").iterdir())
    assert len(names) >= 9
    for name in names:
        assert (pages[0] / "figures" / name).read_bytes() == (pages[1] / "figures" / name).read_bytes()


def test_the_opening_tells_the_numbers_of_the_artifacts(page, inputs):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", _text(page)))
    summary = json.loads((inputs.rare_poses / "summary.json").read_text())["train"]
    fits = [Fits.load(folder / "fits.npz") for folder in inputs.fit]
    accepted = sum(int(f.accepted.sum()) for f in fits)
    assert f"Of 60 training people, {summary['rare']} (" in text
    assert f"{accepted} of them got a body" in text
    samples = sum(len(SampleLabels.load(folder / "labels.npz").samples) for folder in inputs.render)
    assert f"{samples} images were rendered" in text
    assert "the best of 2 variants on rare people" in text
    assert "The work of all stages adds up to 4 min 10 s." in text


def test_the_table_holds_the_metrics(page, inputs):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", _text(page)))
    metrics = json.loads((inputs.evaluate["drp+asrpt+wlcd"] / "metrics.json").read_text())
    figures = metrics["metrics"][metrics["headline"]]
    difference = figures["difference"]
    for column in range(len(metrics["columns"])):
        value, change = f"{figures['values'][column]:.1f}", f"{difference['values'][column]:+.1f}".replace("-", "−")
        low, high = (f"{difference[n][column]:+.1f}".replace("-", "−") for n in ("low", "high"))
        assert re.search(re.escape(f"{value} {change}") + r"\*? " + re.escape(f"{low} to {high}"), text)


def test_what_was_left_out_is_listed_with_its_reason_and_escaped(page):
    text = _text(page)
    for reason in (
        "crowd region",
        "reprojection error above the bound",
        "background: holds a person",
        "too small",
        "image cannot be read",
    ):
        assert reason in text
    assert "annotation &lt;77&gt; &amp; more" in text
    assert "<77>" not in text


def test_dropped_samples_say_so(inputs, quick, tmp_path):
    build_report(inputs, quick.model_copy(update={"samples": 100}), tmp_path)
    assert "left out: labels drifted 7.1 px" in _text(tmp_path)


def test_missing_photographs_and_translations_leave_gaps_not_errors(inputs, quick, tmp_path):
    lost = dataclasses.replace(inputs, image_roots={s: tmp_path / "nowhere" for s in inputs.image_roots}, translate=[])
    build_report(lost, quick, tmp_path)
    text = _text(tmp_path)
    assert text.count('<span class="none">none</span>') == 3 * 3
    assert "No sample was translated." in text


def test_a_run_without_any_accepted_fit(inputs, quick, tmp_path):
    folders = []
    for number, folder in enumerate(inputs.fit):
        folders.append(tmp_path / f"fit{number}")
        folders[-1].mkdir()
        fits = Fits.load(folder / "fits.npz")
        nobody = dataclasses.replace(fits, accepted=np.zeros(len(fits), bool), reason=("too far",) * len(fits))
        nobody.save(folders[-1] / "fits.npz")
    out = tmp_path / "out"
    out.mkdir()
    build_report(dataclasses.replace(inputs, fit=folders, render=[], translate=[]), quick, out)
    text = re.sub(r"\s+", " ", _text(out))
    assert "No sample was made" in text
    assert "<b>no</b> images were rendered" in text


def test_an_unreadable_artifact_is_one_clear_error(inputs, quick, tmp_path):
    broken = tmp_path / "augment"
    broken.mkdir()
    (broken / "summary.json").write_text("{")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(StageError, match=r"augment/summary\.json: cannot be read"):
        build_report(dataclasses.replace(inputs, augment=broken), quick, out)


def test_metrics_that_do_not_apply_are_named(inputs, quick, tmp_path):
    folders = {}
    for variant, folder in inputs.evaluate.items():
        content = json.loads((folder / "metrics.json").read_text())
        content["metrics"] = {"pckh": {"not_applicable": "no head sizes"}}
        content["headline"] = ""
        folders[variant] = tmp_path / variant
        folders[variant].mkdir()
        write_json(folders[variant] / "metrics.json", content)
    out = tmp_path / "out"
    out.mkdir()
    build_report(dataclasses.replace(inputs, evaluate=folders), quick, out)
    assert "No metric applies to this data set." in _text(out)
    assert "PCKh does not apply: no head sizes." in _text(out)


def test_every_reason_has_its_meaning():
    assert set(MEANINGS) == set(REASONS)


def test_figures_without_intervals_are_shown_as_such(inputs, quick, tmp_path):
    folders = {}
    for variant, folder in inputs.evaluate.items():
        content = json.loads((folder / "metrics.json").read_text())
        for figures in content["metrics"].values():
            for part in (figures, figures.get("difference") or {}):
                part |= {bound: [None] * len(part[bound]) for bound in ("low", "high") if bound in part}
        folders[variant] = tmp_path / variant
        folders[variant].mkdir()
        write_json(folders[variant] / "metrics.json", content)
        (folders[variant] / "predictions.npz").write_bytes((folder / "predictions.npz").read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    build_report(dataclasses.replace(inputs, evaluate=folders), quick, out)
    assert "rare validation people (no interval)" in re.sub(r"\s+", " ", _text(out))
