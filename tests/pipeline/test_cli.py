from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.sources import CODE_ROOT
from pipeline.stages import STAGES
from smpl_assets.errors import InputError
from tests.pipeline.tiny import TINY, make_set

COMMANDS = (
    *("run", "status", "why", "dag", "verify", "gc", "evict", "accept"),
    *("doctor", "rare", "annotators", "preview", "export", "plugins", "systems"),
    *("predict", "judge", "stats", "track", "track-evaluate"),
)
DEMO = ["--config", str(CODE_ROOT / "configs/demo.toml")]
ASKED_FOR = ("cross_fit", "choice", "fill", "start_set", "start")  # and trackers
USUAL = [s.name for s in STAGES if s.name not in ASKED_FOR]
TRACKING = [name for name in USUAL if name.startswith("track")]


def call(*words: str) -> str:
    """Stdout of a command that has to succeed."""
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("below", [".", "a/b"])
def test_a_store_that_is_a_file_is_said_before_anything_is_made(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"--store .*: .*/file is no folder"):
        CliRunner().invoke(app, ["status", *DEMO, "--store", str(tmp_path / "file" / below)], catch_exceptions=False)


@pytest.fixture
def tiny(tmp_path: Path) -> list[str]:
    make_set(tmp_path / "data")
    (tmp_path / "tiny.toml").write_text(TINY)
    return [
        "--config",
        str(tmp_path / "tiny.toml"),
        "--store",
        str(tmp_path / "store"),
        "--set",
        f"data.root={tmp_path / 'data'}",
    ]


def test_it_says_which_version_it_is() -> None:
    assert re.fullmatch(r"rarepose \d+\.\d+\S*\n", call("--version"))


def test_shells_complete_it() -> None:
    typed = {"_RAREPOSE_COMPLETE": "complete_bash", "COMP_WORDS": "rarepose pre", "COMP_CWORD": "1"}
    assert CliRunner().invoke(app, [], env=typed, prog_name="rarepose").stdout.split() == ["preview", "predict"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert command in call("--help")
    assert "Usage" in call(command, "--help")


def test_the_dag_in_three_forms(tmp_path: Path) -> None:
    where = [*DEMO, "--store", str(tmp_path)]
    assert [line.split()[0] for line in call("dag", *where).splitlines()] == USUAL
    assert '"fit" -> "render";' in call("dag", "--format", "dot", *where)
    assert "fit --> render" in call("dag", "--format", "mermaid", *where)


def test_the_plugins_are_listed_with_what_is_missing_here() -> None:
    rows = {(r["kind"], r["name"]): r for r in json.loads(call("plugins", "--json"))["plugins"]}
    assert rows["bodies", "anny"]["problem"] == ""
    assert (
        rows["renderers", "warp"] | {"from": "rarepose", "module": "smpl_assets.render.warp.backend:WarpBackend"}
        == rows["renderers", "warp"]
    )
    assert re.search(r"render\.backend +warp +rarepose +yes", call("plugins"))


def test_the_systems_are_listed_for_a_skeleton() -> None:
    listing = json.loads(call("systems", "--skeleton", "mpii16", "--json"))
    rows = {row["name"]: row for row in listing["systems"]}
    assert listing["skeleton"] == "mpii16"
    assert rows["simple_resnet50"]["parameters"] == 33_999_697 - 257  # a map less than COCO has, 256 weights and a bias
    assert (rows["simple_resnet50"]["reads"], rows["simple_resnet50"]["presets"]["published"]["lr"]) == ("crops", 1e-3)
    assert re.search(r"simple_resnet50 +33,999,697 +crops", call("systems"))
    with pytest.raises(InputError, match="skeleton 'nobody' is not known"):
        CliRunner().invoke(app, ["systems", "--skeleton", "nobody"], catch_exceptions=False)


def test_a_branch_that_nobody_asked_for_is_not_shown(tmp_path: Path) -> None:
    where = [*DEMO, "--store", str(tmp_path), "--set", 'evaluate.variants=["baseline"]']

    def shown(*variants: str) -> list[str]:
        said = call("dag", *where, "--set", f"train.variants={list(variants)}")
        return [line.split()[0] for line in said.splitlines()]

    behind = ["augment", *TRACKING, "train", "evaluate", "report"]
    plain = ["annotations", "rare_poses", *behind]
    assert shown("baseline", "drp") == plain
    assert shown("baseline", "asrp") == [n for n in USUAL if n not in ("translator", "translate")]
    assert shown("baseline", "asrpt") == USUAL
    where += ["--set", "render.fill=10"]
    assert shown("baseline", "asrp") == [n for n in USUAL if n not in ("translator", "translate")]
    assert shown("baseline", "fill") == [n for n in (s.name for s in STAGES) if n in {*plain, "fill", "render", "coverage"}]
    assert shown("baseline", "asrpt+fill") == [n for n in (s.name for s in STAGES) if n in USUAL or n == "fill"]
    asked = json.loads(call("status", "--json", *where, "--set", "train.variants=['drp','baseline']"))["stages"]
    assert [row["stage"] for row in asked] == plain
    by_name = call("run", "render", "--dry-run", *where, "--set", "train.variants=['baseline']")
    assert [line.split()[0] for line in by_name.splitlines()] == ["annotations", "rare_poses", "inverse", "fit", "render"]


def test_status_of_an_empty_store(tmp_path: Path) -> None:
    rows = json.loads(call("status", "--json", *DEMO, "--store", str(tmp_path)))["stages"]
    assert [r["stage"] for r in rows] == USUAL
    assert all({"stage", "state", "reason", "key", "path"} <= set(r) for r in rows)
    assert {r["state"] for r in rows} == {"missing"}
    checked = CliRunner().invoke(app, ["status", "--check", *DEMO, "--store", str(tmp_path)])
    assert checked.exit_code == 1


def test_a_dry_run_in_json_is_one_line_of_what_would_be_made(tmp_path: Path) -> None:
    said = call("run", "rare_poses", "--dry-run", "--json", *DEMO, "--store", str(tmp_path))
    rows = json.loads(said)["plan"]
    assert [(row["stage"], row["state"]) for row in rows] == [("annotations", "missing"), ("rare_poses", "missing")]
    assert not (tmp_path / "annotations").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "nonsense", *DEMO], "'nonsense' is no stage"),
        (["run", "--force", "nonsense", *DEMO], "'nonsense' is no stage"),
        (["run", "rare_poses", "--force", "evaluate", *DEMO], "--force evaluate: not a stage of this run"),
        (["run", "--log", "nonsense", *DEMO], "--log nonsense: not a logger"),
        (["run", "--config", "none.toml"], r"none\.toml: cannot be read"),
        (["status", *DEMO, "--set", "render.bogus=1"], "unknown key"),
        (["rare", "none.json"], r"none\.json: no such file"),
    ],
)
def test_wrong_usage_is_an_input_error(words: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        CliRunner().invoke(app, words, catch_exceptions=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("train.network=hourglass_tiny", "train.input_size=[96, 96]"),
            "hourglass_tiny takes heights and widths that are multiples",
        ),
        (("train.network=simple_resnet18", "train.weights={other}"), "not the weights of this backbone"),
        (("train.network=cpn_tiny", "train.options.hardest=18"), r"train\.options\.hardest = 18: coco17 has 17 keypoints"),
    ],
)
def test_a_dry_run_refuses_what_a_training_would_end_at(
    tiny: list[str], tmp_path: Path, change: tuple[str, ...], said: str
) -> None:
    save_file({"conv1.weight": np.zeros(1, np.float32)}, tmp_path / "other.safetensors")
    changes = [word for name in change for word in ("--set", name.format(other=tmp_path / "other.safetensors"))]
    with pytest.raises(InputError, match=said):
        CliRunner().invoke(app, ["run", "train", "--dry-run", *tiny, *changes], catch_exceptions=False)


def test_without_a_configuration_the_next_step_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"name one: --config configs/demo\.toml"):
        CliRunner().invoke(app, ["status"], catch_exceptions=False)


def test_doctor_says_what_is_there_and_what_is_missing(tiny: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", *tiny], catch_exceptions=False)
    for topic in ("torch", "GPU", "Warp renderer", "SMPL files", "data.train", "disk"):
        assert topic in done.stdout
    lost = CliRunner().invoke(app, ["doctor", *tiny, "--set", f"data.root={tmp_path / 'elsewhere'}"], catch_exceptions=False)
    assert lost.exit_code == 1
    assert "is not there" in " ".join(lost.stdout.split())


def test_doctor_names_networks_that_start_from_chance(tiny: list[str], tmp_path: Path) -> None:
    (tmp_path / "imagenet.pth").touch()

    def said(*changes: str) -> str:
        told = [word for change in changes for word in ("--set", f"train.{change}")]
        return " ".join(CliRunner().invoke(app, ["doctor", *tiny, *told], catch_exceptions=False).stdout.split())

    assert "start weights simple_resnet18: none are shipped" in said("network=simple_resnet18")
    for changes in (
        ("network=simple_tiny",),
        ("network=simple_resnet18", "start=render"),
        ("network=simple_resnet18", "start=scratch"),
        ("network=simple_resnet18", f"weights={tmp_path / 'imagenet.pth'}"),
    ):
        assert "start weights" not in said(*changes)


@pytest.mark.slow
def test_the_rare_command_leaves_list_figures_and_report(tiny: list[str], tmp_path: Path) -> None:
    out = tmp_path / "list"
    line = ["rare", str(tmp_path / "data/train.json"), "--images", str(tmp_path / "data/train"), "--out", str(out)]
    said = call(*line, "--clusters", "3", "--rare-share", "0.2")
    assert "(coco): " in said
    assert (out / "report.html").stat().st_size > 10_000
    rows = (out / "rare_poses.csv").read_text().splitlines()
    assert rows[0].startswith("id,image,cluster,distance,score,rare,")
    assert len(rows) == 15


def test_the_rare_command_says_why_entries_are_left_out_and_names_options_as_typed(tmp_path: Path) -> None:
    make_set(tmp_path / "data")
    path = tmp_path / "data/train.json"
    value = json.loads(path.read_text())
    for person in value["annotations"][:2]:
        person["iscrowd"] = 1
    path.write_text(json.dumps(value))
    line = ["rare", str(path), "--out", str(tmp_path / "list")]
    said = call(*line, "--clusters", "3", "--rare-share", "0.2")
    assert "2 entries skipped" in said
    assert "skipped: 2 x crowd region" in said
    assert json.loads((tmp_path / "list/skipped.json").read_text())["counts"] == {"crowd region": 2}
    with pytest.raises(InputError, match=r"^--clusters 500: .* there are \d+") as error:
        CliRunner().invoke(app, [*line, "--clusters", "500"], catch_exceptions=False)
    assert "--clusters to at most" in error.value.next_step


@pytest.mark.parametrize("policy", ["bogus", ""])
def test_an_unknown_policy_is_refused(tmp_path: Path, policy: str) -> None:
    make_set(tmp_path / "data")
    with pytest.raises(InputError, match="policy"):
        CliRunner().invoke(app, ["rare", str(tmp_path / "data/train.json"), "--policy", policy], catch_exceptions=False)


def broken_annotations(path: Path) -> None:
    path.write_text("{")


def no_people(path: Path) -> None:
    value = json.loads(path.read_text())
    path.write_text(json.dumps({**value, "annotations": []}))


@pytest.mark.parametrize("damage", [broken_annotations, no_people, Path.unlink])
def test_unusable_input_ends_with_exit_2_naming_the_file(tiny: list[str], tmp_path: Path, damage: Callable[[Path], None]) -> None:
    damage(tmp_path / "data/train.json")
    done = CliRunner().invoke(app, ["run", "annotations", "-j", "1", *tiny])
    error = done.exception
    code, text = (error.exit_code, str(error)) if isinstance(error, InputError) else (done.exit_code, done.output)
    assert code == 2
    assert "train.json" in text


@pytest.mark.parametrize(
    ("change", "said"), [("rare_poses.clusters=500", "500"), ("rare_poses.threshold=99", "lower the threshold")]
)
def test_more_clusters_than_poses_and_no_rare_pose_are_named(tiny: list[str], change: str, said: str) -> None:
    single = [*tiny, "--set", "rare_poses={sweep=false, seeds=1, restarts=1}", "--set", change]
    done = CliRunner().invoke(app, ["run", "rare_poses", "-j", "1", *single], catch_exceptions=False)
    assert done.exit_code in (1, 2)
    assert said in " ".join(done.output.split())
    assert "next" in done.output


def test_images_that_are_missing_are_skipped_and_counted(tiny: list[str], tmp_path: Path) -> None:
    (tmp_path / "data/train/000000000003.jpg").unlink()
    assert json.loads(call("run", "annotations", "-j", "1", "--json", *tiny).splitlines()[-1])["ran"] == {"annotations": 2}
    found = [json.loads(p.read_text()) for p in (tmp_path / "store/annotations").glob("*/skipped.json")]
    assert sorted(sum(f["counts"].values()) for f in found)[-1] >= 1
