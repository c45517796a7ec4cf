"""The page made of a small run's artifacts."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.config import Config
from pipeline.report.inputs import ReportInputs
from pipeline.report.section import Section, union
from pipeline.report.sections.rare import REASONS as MEANINGS
from pipeline.report.stage import build_report
from pipeline.report.table import SECTIONS, asked_for
from pipeline.unit import units_read
from smpl_assets.archive import ArchiveWriter, write_json
from smpl_assets.errors import StageError
from smpl_assets.inverse.fits import Fits
from smpl_assets.labels import SampleLabels
from smpl_assets.skeletons import SKELETONS
from smpl_assets.skipped import Skipped
from smpl_assets.work import Bench
from training.rarity.reasons import REASONS

from .made.pages import SETTINGS, build, changed, rewritten, text_of
from .made.run import make_run


@pytest.fixture(scope="module")
def page(inputs: ReportInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report")
    build(inputs, out)
    return out


# those left out have tests of their own: test_tracks.py, test_choice.py, test_speeds.py
UNTRACKED = {s.name for s in SECTIONS} - {"tracks", "choice", "speeds"}


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
    collector.feed(text_of(page))
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
    assert not re.search(r"url\((?!#)|@import", text_of(page))


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
    assert targets >= UNTRACKED


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
        "errors",
        "fit_errors",
        "inverse_losses",
        "translator_losses",
        "label_drift",
        "differences",
        "coverage",
    }
    assert {
        f"{n}.png" for n in (*ours, "training_losses", "rare_gallery", "rare_centres", "rare_histograms", "rare_lists")
    } <= names
    assert (page / "rare_poses.csv").read_bytes() == (inputs.one("rare_poses") / "rare_poses.csv").read_bytes()
    assert (page / "coverage.json").read_bytes() == (inputs.one("coverage") / "coverage.json").read_bytes()
    assert (page / "table.txt").read_text().startswith("OKS-AP")


def test_the_same_artifacts_give_the_same_bytes(inputs, page, tmp_path):
    pages = [page, tmp_path / "two"]
    again = build(inputs, pages[1], *(s.name for s in SECTIONS if s.name != "rare"))
    assert again[again.index('<section id="samples"') :] == text_of(page)[text_of(page).index('<section id="samples"') :]
    names = sorted(p.name for p in (pages[1] / "figures").iterdir())
    assert len(names) >= 10
    for name in names:
        assert (pages[0] / "figures" / name).read_bytes() == (pages[1] / "figures" / name).read_bytes()


def test_the_opening_tells_the_numbers_of_the_artifacts(page, inputs):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text_of(page)))
    summary = json.loads((inputs.one("rare_poses") / "summary.json").read_text())["train"]
    fits = [Fits.load(folder / "fits.npz") for folder in inputs.folders("fit")]
    accepted = sum(int(f.accepted.sum()) for f in fits)
    assert f"Of 60 training people, {summary['rare']} (" in text
    assert f"{accepted} of them got a body" in text
    samples = sum(len(SampleLabels.load(folder / "labels.npz").samples) for folder in inputs.folders("render"))
    assert f"{samples} images were rendered" in text
    gain = text[: text.index("Of 60 training people")]  # comes first, with its interval
    assert re.search(r"the best of 2 variants on rare people, .*[−+][\d.]+ to [−+][\d.]+", gain)
    assert "The work of all stages adds up to 3 min 38 s." in text


def test_the_table_holds_the_metrics(page, inputs):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_of(page)))
    metrics = json.loads((inputs.one("evaluate", "drp+asrpt+wlcd") / "metrics.json").read_text())
    figures = metrics["metrics"][metrics["headline"]]
    difference = figures["difference"]
    for column in range(len(metrics["columns"])):
        value, change = f"{figures['values'][column]:.1f}", f"{difference['values'][column]:+.1f}".replace("-", "−")
        low, high = (f"{difference[n][column]:+.1f}".replace("-", "−") for n in ("low", "high"))
        assert re.search(re.escape(f"{value} {change}") + r"\*? " + re.escape(f"{low} to {high}"), text)


def test_what_was_left_out_is_listed_with_its_reason_and_escaped(page):
    text = text_of(page)
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


def test_own_sequences_that_were_left_out_are_counted(inputs, tmp_path):
    skipped = Skipped()
    skipped.add("picture: image not in the folder", "a.json", "walk <7>")
    skipped.note("region to ignore without three points: left out", "b.json", "b/1.jpg")
    folder = tmp_path / "own"
    folder.mkdir()
    skipped.save(folder / "skipped.json")
    text = build(changed(inputs, track_data={"validation-own-0": folder}), tmp_path, "left_out")
    assert re.search(r"track_data, validation-own-0</td>\s*<td[^>]*>1</td>", text)
    assert "walk &lt;7&gt;" in text
    assert "track_data, validation-own-0: not left out, but" in text


def test_parts_of_the_translation_s_change_are_judged(inputs, tmp_path):
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", build(inputs, tmp_path, "translation")))
    assert "4.2 as rendered, 1.9 translated" in text
    assert "A quarter, half and three quarters of the change (translator.strength) give 3.5, 2.8 and 2.2." in text


@pytest.mark.parametrize(("by_network", "idle"), [(0.043, True), (3.2, False), (None, None)])
def test_a_network_that_changes_nothing_is_said_to(inputs, tmp_path, by_network, idle):
    [(unit, made)] = inputs.units("translator").items()
    folder = shutil.copytree(made, tmp_path / "translator")
    card = json.loads((folder / "card.json").read_text())
    write_json(folder / "card.json", card | {"moved": {"statistics": 20.31, "network": by_network}})
    told = changed(inputs, translator={unit: folder})
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", build(told, tmp_path / "out", "translation")))
    assert ("in the mean, the network by" in text) is (idle is not None)
    assert ("the network learnt to change nothing" in text) is bool(idle)
    if idle is not None:
        assert f"The statistics moved a person's pixels by 20.3 grey levels in the mean, the network by {by_network:.2f}" in text


def test_dropped_samples_say_so(inputs, tmp_path):
    text = build(inputs, tmp_path, "samples", settings=SETTINGS.model_copy(update={"samples": 100}))
    assert "left out: labels drifted" in text


def test_missing_photographs_leave_gaps_and_a_run_without_translator_no_column(inputs, tmp_path):
    lost = dataclasses.replace(inputs, image_roots={s: tmp_path / "nowhere" for s in inputs.image_roots})
    assert build(lost, tmp_path / "lost", "samples").count('<span class="none">none</span>') == 2 * 3
    text = build(changed(inputs, translate={}), tmp_path / "rendered", "samples")
    assert "<span>translated</span>" not in text
    assert "none</span>" not in text


@pytest.mark.parametrize(
    ("variants", "left_out"),
    [
        (("baseline", "drp"), {"samples", "bodies", "translation", "augmented", "coverage"}),
        (("asrp",), {"translation", "reasons", "before_after"}),
        (("baseline", "fill"), {"bodies", "translation"}),
    ],
)
def test_a_run_without_branches_has_a_page_without_their_sections(tmp_path, variants, left_out):
    made = make_run(tmp_path / "run", variants)
    config = Config.model_validate({
        "train": {"variants": variants}, "evaluate": {"variants": variants}, "render": {"fill": 5}
    })  # fmt: skip
    out = tmp_path / "out"
    out.mkdir()
    sections = asked_for(config)
    build_report(made, sections, SETTINGS, Bench(0, out))
    tags = _parsed(out).tags
    shown = {a["id"] for tag, a in tags if tag == "section"}
    assert shown == UNTRACKED - left_out
    assert {(a["href"] or "")[1:] for tag, a in tags if tag == "a" and (a["href"] or "").startswith("#")} == shown
    assert {r.stage for r in union(sections).values()} <= set(made.artifacts)
    for word in ("transl",) if "asrp" in variants else ("transl", "bodies"):
        assert word not in re.sub(r"<style>.*?</style>|<pre>.*?</pre>", "", text_of(out), flags=re.DOTALL).lower()


def test_poses_that_fill_the_gap_are_shown_beside_the_rare_people(tmp_path):
    made = make_run(tmp_path / "run", ("baseline", "asrp+fill"))
    text = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", "", build(made, tmp_path / "out", settings=SETTINGS.model_copy(update={"samples": 9})))
    )
    assert "5 poses of the pool that are rare in this set too fill the gap between these people, on 10 images" in text
    for rank in (0, 2, 4):  # a third of the strips, from the first chosen to the last
        assert f"drawn from the pool: extreme/pose {rank} · score {1.5 - rank / 10:.2f}" in text
    assert "Of 250 poses of the pool 60 are possible and rare in this set; 5 of them were chosen" in text
    assert "within 0.12 person sizes of a pose that is there now (0.24 before), all within 0.16 (0.32 before)" in text
    rare = json.loads((made.one("rare_poses") / "summary.json").read_text())["train"]["rare"]
    rendered = json.loads((made.one("augment", "render") / "summary.json").read_text())["samples"]
    assert f"with the rendered and drawn samples they are {rare + rendered + 9} of {60 + rendered + 9}" in text
    assert "rendered and drawn samples among the training poses" in text
    assert "reaches into itself" in text
    assert f"{rendered + 1} images were rendered from these bodies" in text


def test_a_section_opens_nothing_that_it_does_not_name(inputs, tmp_path):
    """Each section alone, on a run that holds only the files that it reads."""
    for section in (s for s in SECTIONS if s.name in UNTRACKED):
        shown = [s for s in SECTIONS if s is section or (section.name in ("reasons", "before_after") and s.name == "results")]
        out = tmp_path / section.name
        out.mkdir()
        build_report(_only(inputs, shown, out / "run"), shown, SETTINGS, Bench(0, out))


def _only(inputs: ReportInputs, sections: list[Section], root: Path) -> ReportInputs:
    found: dict[str, dict[str, Path]] = {}
    for reads in union(sections).values():
        for unit in units_read(reads, inputs.units(reads.stage)):
            folder = found.setdefault(reads.stage, {}).setdefault(unit, root / reads.stage / unit)
            folder.mkdir(parents=True, exist_ok=True)
            for file in (f for f in reads.files or () if not f.endswith("/")):
                (folder / file).write_bytes((inputs.one(reads.stage, unit) / file).read_bytes())
    return dataclasses.replace(inputs, artifacts=found)


def test_a_run_without_any_accepted_fit(inputs, tmp_path):
    folders = {}
    for unit, folder in inputs.units("fit").items():
        folders[unit] = tmp_path / f"fit{unit}"
        folders[unit].mkdir()
        fits = Fits.load(folder / "fits.npz")
        nobody = dataclasses.replace(fits, accepted=np.zeros(len(fits), bool), reason=("too far",) * len(fits))
        nobody.save(folders[unit] / "fits.npz")
    empty = {}
    for unit in folders:
        empty[unit] = tmp_path / f"render{unit}"
        empty[unit].mkdir()
        SampleLabels.of(SKELETONS["coco17"], "anny", []).save(empty[unit] / "labels.npz")
        with ArchiveWriter(empty[unit] / "images.tar"):
            pass
    lonely = changed(inputs, fit=folders, render=empty, translate={})
    text = re.sub(r"\s+", " ", build(lonely, tmp_path / "out", "samples", "bodies"))
    assert "No sample was made" in text
    assert "<b>no</b> images were rendered" in text


def test_an_unreadable_artifact_is_one_clear_error(inputs, tmp_path):
    broken = tmp_path / "augment"
    broken.mkdir()
    (broken / "summary.json").write_text("{")
    with pytest.raises(StageError, match=r"augment/summary\.json: cannot be read"):
        build(changed(inputs, augment={"render": broken}), tmp_path / "out", "augmented")


def test_metrics_that_do_not_apply_are_named(inputs, tmp_path):
    def change(row: str, content: dict) -> None:
        content |= {"metrics": {"pckh": {"not_applicable": "no head sizes"}}, "headline": ""}

    text = build(rewritten(inputs, tmp_path, change), tmp_path / "out", "results", "reasons", "before_after")
    assert "No metric applies to this data set." in text
    assert "PCKh does not apply: no head sizes." in text
    assert "before and after" not in text
    assert "by reason of rarity" not in text


def test_every_reason_has_its_meaning():
    assert set(MEANINGS) == set(REASONS)
