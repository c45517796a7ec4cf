"""Hands, faces, dogs and fourteen-point people go through the whole of it: rarity, figures, training, evaluation, report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.rare_command import find
from smpl_assets.errors import InputError
from smpl_assets.labels import SampleLabels
from smpl_assets.pose_table import PoseTable
from tests.pipeline.own_skeletons import CONFIG, NAMES, write_set
from training.augmented.training_set import load_part
from training.limits import NO_PAIRS

PAIRED = {"hand": False, "face": False, "dog": True, "people": True}


def options(root: Path, kind: str, **values: str) -> list[str]:
    write_set(root / "data", kind)
    (root / "own.toml").write_text(CONFIG, encoding="utf-8")
    changes = {"data.root": str(root / "data"), "train.variants": '["baseline"]', "evaluate.variants": '["baseline"]', **values}
    sets = [word for name, value in changes.items() for word in ("--set", f"{name}={value}")]
    return ["--config", str(root / "own.toml"), "--store", str(root / "store"), *sets]


def called(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def made(root: Path, stage: str, file: str) -> Path:
    (found,) = (p for p in (root / "store" / stage).glob(f"*/{file}") if not p.parent.is_symlink())
    return found


@pytest.mark.parametrize("kind", NAMES)
def test_rare_finds_a_list_and_says_what_is_off(tmp_path: Path, kind: str) -> None:
    write_set(tmp_path, kind)
    quick = {"clusters": 3, "sweep": False, "seeds": 1, "map_people": 0}
    said = find(tmp_path / "train.json", None, None, quick, 0, tmp_path / "out")
    assert "(coco): 1 of 14 people are rare, 0 entries skipped\n" in said
    assert (NO_PAIRS in said) != PAIRED[kind]
    assert (f"skeleton {kind}{len(NAMES[kind])}: no body can be fitted" in said) == (kind != "people")
    assert len((tmp_path / "out/rare_poses.csv").read_text().splitlines()) == 15
    assert (tmp_path / "out/figures/rare_gallery.png").stat().st_size > 5000


@pytest.mark.parametrize("kind", NAMES)
def test_training_and_evaluation(tmp_path: Path, kind: str) -> None:
    said = called("run", "evaluate", "-j", "1", *options(tmp_path, kind))
    assert (NO_PAIRS in said) != PAIRED[kind]
    metrics = json.loads(made(tmp_path, "evaluate", "metrics.json").read_text())
    assert metrics["skeleton"] == f"{kind}{len(NAMES[kind])}"
    assert metrics["headline"] == ("pck" if kind == "people" else "oks_ap")
    assert metrics["evaluated"] == 8
    if kind != "people":
        assert metrics["metrics"]["pck"] == {"not_applicable": "nobody's torso is annotated"}
    made(tmp_path, "train", "network.safetensors")
    remarks = [json.loads(p.read_text()).get("remarks", []) for p in (tmp_path / "store/annotations").glob("*/skipped.json")]
    assert all(any(NO_PAIRS in remark for remark in told) != PAIRED[kind] for told in remarks)


@pytest.mark.parametrize("kind", ["hand", "dog"])
def test_what_a_skeleton_cannot_have_is_said_before_anything_is_made(tmp_path: Path, kind: str) -> None:
    where = options(tmp_path, kind)
    wanted = [*where, "--set", 'train.variants=["baseline", "asrp"]']
    with pytest.raises(InputError, match="no body can be fitted, for it lacks left_shoulder") as error:
        CliRunner().invoke(app, ["run", "-j", "1", *wanted], catch_exceptions=False)
    assert 'train.variants = ["baseline", "drp"]' in error.value.next_step
    measured = [*where, "--set", 'evaluate.metrics=["pck", "pckh"]']
    with pytest.raises(InputError, match="has no PCK: no torso"):
        CliRunner().invoke(app, ["run", "-j", "1", *measured], catch_exceptions=False)
    assert not (tmp_path / "store/annotations").exists()
    for asked in (wanted, measured):
        assert "no PCK: no torso" in (said := words_of(called("doctor", *asked, code=1))) or "it lacks left_shoulder" in said
    assert f"skeleton {kind}{len(NAMES[kind])}, {len(NAMES[kind])} keypoints" in words_of(called("doctor", *where))


def words_of(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.slow
def test_fourteen_point_people_are_fitted_rendered_and_learnt_from(tmp_path: Path) -> None:
    variants = {"train.variants": '["baseline", "asrp"]', "evaluate.variants": '["baseline", "asrp"]'}
    called("run", "-j", "1", *options(tmp_path, "people", **variants))
    table = PoseTable.load(next(p for p in (tmp_path / "store/annotations").glob("*/poses.npz")))
    assert table.skeleton.name == "people14"
    labels = [SampleLabels.load(p) for p in (tmp_path / "store/render").glob("*/labels.npz")]
    assert labels
    for shard in labels:
        assert shard.skeleton == "people14"
        assert (shard.keypoints[..., 2] > 0).mean() > 0.8
    samples = next(p for p in (tmp_path / "store/augment").glob("*/poses.npz")).parent
    assert load_part(samples).table.skeleton == table.skeleton
    assert (tmp_path / "store/report.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hand", "face", "dog"])
def test_the_report(tmp_path: Path, kind: str) -> None:
    called("run", "-j", "1", *options(tmp_path, kind))
    page = (tmp_path / "store/report.html").read_text()
    assert "OKS-AP" in page
    assert np.char.find(page, "mirror images") < 0 or PAIRED[kind]
