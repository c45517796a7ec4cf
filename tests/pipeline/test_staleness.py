"""Every row of the staleness contract, on the real DAG with tiny settings."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.pipeline.sandbox import Sandbox, environment

BEHIND_STYLE = {"translate", "augment", "train", "evaluate", "report"}


def test_nothing_changed_makes_nothing_and_imports_neither_torch_nor_luigi(sandbox: Sandbox) -> None:
    assert sandbox.ran() == {}
    assert set(sandbox.states().values()) == {"fresh"}
    sandbox("status", "--check")
    code = "import sys, pipeline.__main__ as m\ntry: m.main()\nfinally: print(sorted({'torch', 'luigi'} & set(sys.modules)))"
    line = [sys.executable, "-c", code, *sandbox.command("run")[3:]]
    done = subprocess.run(line, cwd=sandbox.root / "code", env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_changed_parameter_makes_its_stage_and_those_behind_and_changing_it_back_makes_nothing(sandbox: Sandbox) -> None:
    change = ("--set", "render.image_size=72")
    assert "param image_size 64 -> 72" in sandbox("why", "render", *change)
    dry = sandbox("run", "--dry-run", *change)
    assert [line.split()[0] for line in dry.splitlines() if " will run " in line] == ["render"]
    assert {line.split()[0] for line in dry.splitlines() if " may run " in line} >= BEHIND_STYLE
    ran = sandbox.ran("augment", *change)
    assert {"render", "translate", "augment"} <= set(ran)
    assert not {"annotations", "rare_poses", "inverse", "fit"} & set(ran)
    assert sandbox.ran() == {}


@pytest.mark.slow
def test_changed_code_of_style_makes_style_and_what_is_behind(sandbox: Sandbox) -> None:
    path = sandbox.root / "code/style_transfer/translate.py"
    path.write_text(path.read_text() + "\n\nVERSION = 2\n")
    assert "code style_transfer.translate changed" in sandbox("why", "translate")
    ran = sandbox.ran("translate")
    assert set(ran) <= {"translator", "translate"}
    assert "translate" in ran


def test_comments_and_docstrings_of_code_make_nothing(sandbox: Sandbox) -> None:
    path = sandbox.root / "code/style_transfer/translate.py"
    head, quote, rest = path.read_text().partition('"""')
    path.write_text(f"# a comment\n{head}{quote}Other words: {rest}\n# the end\n")
    assert sandbox.ran() == {}


def test_a_changed_helper_makes_stale_what_imports_it(sandbox: Sandbox) -> None:
    path = sandbox.root / "code/smpl_assets/labels.py"
    path.write_text(path.read_text() + "\n\nVERSION = 2\n")
    states = sandbox.states()
    assert states["render"] == "stale"
    assert states["annotations"] == states["fit"] == "fresh"
    path = sandbox.root / "code/style_transfer/pixels.py"
    path.write_text(path.read_text() + "\n\nVERSION = 2\n")
    assert "code style_transfer.pixels changed" in sandbox("why", "translator") or "behind" in sandbox("why", "translator")


def test_accept_records_that_a_code_change_is_harmless(sandbox: Sandbox) -> None:
    path = sandbox.root / "code/training/metrics/bootstrap.py"
    path.write_text(path.read_text() + "\n\nVERSION = 2\n")
    assert sandbox.states()["evaluate"] == "stale"
    assert "evaluate comes first" in sandbox("accept", "report")
    assert "accepted" in sandbox("accept", "evaluate")
    assert sandbox.states()["evaluate"] == "fresh"


@pytest.mark.slow
def test_a_changed_input_file_makes_its_readers_and_an_identical_output_stops_there(sandbox: Sandbox) -> None:
    path = sandbox.root / "data/validation.json"
    text = path.read_text()
    path.write_text(text.replace('"images"', '"info": {"year": 2026}, "images"'))
    assert "input file:annotations/validation changed" in sandbox("why", "annotations")
    assert sandbox.ran() == {"annotations": 1}
    path.write_text(text.replace('"num_keypoints": 17', '"num_keypoints": 17, "extra": 1').replace('"id": 100,', '"id": 999,'))
    assert "rare_poses" in sandbox.ran("rare_poses")


def test_a_touched_input_makes_nothing(sandbox: Sandbox) -> None:
    for path in (sandbox.root / "data").rglob("*.j*"):
        os.utime(path)
    assert sandbox.ran() == {}


@pytest.mark.parametrize("damage", ["deleted", "truncated", "flipped"])
def test_a_damaged_shard_is_made_again_alone(sandbox: Sandbox, damage: str) -> None:
    path = sandbox.unit("render", "0") / "images.tar"
    before = path.read_bytes()
    stat = path.stat()
    if damage == "deleted":
        shutil.rmtree(path.parent)
    elif damage == "truncated":
        path.write_bytes(before[:-700])
        assert f"truncated ({len(before) - 700} of {len(before)} bytes)" in sandbox("why", "render")
    else:
        path.write_bytes(bytes([before[600] ^ 1]).join([before[:600], before[601:]]))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert sandbox.states()["render"] == "fresh"
        assert "images.tar changed" in sandbox("verify", code=1)
        os.utime(path)
    assert sandbox.ran("augment") == {"render": 1}
    assert path.read_bytes() == before


@pytest.mark.slow
def test_killed_in_the_middle_of_a_write_the_unit_is_made_again_without_unlocking(sandbox: Sandbox) -> None:
    whole = sandbox.unit("rare_poses", "all")
    shutil.rmtree(whole)
    process = sandbox.start("run", "rare_poses")
    deadline = time.time() + 120
    while not list((sandbox.store / "rare_poses").glob(".*.part-*/*")) and time.time() < deadline and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stderr.close()
    assert not whole.exists()
    assert sandbox.ran("rare_poses") == {"rare_poses": 1}
    assert not list((sandbox.store / "rare_poses").glob(".*.part-*"))


@pytest.mark.slow
def test_two_runs_at_once_make_each_unit_once(sandbox: Sandbox) -> None:
    for stage in ("annotations", "rare_poses"):
        shutil.rmtree(sandbox.store / stage)
    runs = [sandbox.start("run", "rare_poses", "--json") for _ in range(2)]
    said = [run.communicate(timeout=300) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    total: dict[str, int] = {}
    for out, _ in said:
        for stage, count in json.loads(out.splitlines()[-1])["ran"].items():
            total[stage] = total.get(stage, 0) + count
    assert total == {"annotations": 2, "rare_poses": 1}


@pytest.mark.slow
def test_after_a_failed_stage_its_readers_do_not_run_and_the_next_run_takes_up_there(sandbox: Sandbox) -> None:
    path = sandbox.root / "code/smpl_assets/labels.py"
    good = path.read_text()
    path.write_text(good + "\n\nraise RuntimeError('broken on purpose')\n")
    out = sandbox("run", "augment", "--json", "-j", "1", code=1)
    summary = json.loads(out.splitlines()[-1])
    assert summary["failed"] == ["render"]
    assert "broken on purpose" in sandbox.said
    assert "fit" in summary["fresh"]
    assert "translate" not in summary["ran"]
    path.write_text(good)
    assert sandbox.ran() == {}


def test_a_store_that_cannot_be_written_is_one_clear_error(sandbox: Sandbox) -> None:
    shutil.rmtree(sandbox.store / "rare_poses")
    (sandbox.store / "rare_poses").write_text("in the way")
    sandbox("run", "rare_poses", code=1)
    assert f"{sandbox.store / 'rare_poses'}: the store cannot be written" in sandbox.said
    (sandbox.store / "rare_poses").unlink()
    assert sandbox.states()["annotations"] == "fresh"


@pytest.mark.slow
def test_evicted_units_stay_fresh_and_come_back_when_something_reads_them(sandbox: Sandbox) -> None:
    folder = sandbox.unit("render", "0")
    assert "would be evicted" in sandbox("evict", "render")
    sandbox("evict", "render", "--yes")
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json"]
    assert sandbox.ran() == {}
    shutil.rmtree(sandbox.unit("translate", "0"))
    assert sandbox.ran("translate") == {"render": 1, "translate": 1}
    assert (folder / "images.tar").is_file()


def test_who_asks_for_evicted_bytes_is_told_how_they_come_back(sandbox: Sandbox) -> None:
    asked = {"fit": ("fits",), "train": ("onnx", "--network", "baseline")}
    for stage, words in asked.items():
        sandbox("evict", stage, "--yes")
        sandbox("run", stage)
        assert f"units were dropped (evict); rarepose run {stage} --force {stage} makes them again" in sandbox.said
        sandbox("export", *words, "--out", str(sandbox.root / "out"), code=1)
        assert f"rarepose run {stage} --force {stage}" in sandbox.said


def test_gc_removes_what_the_configuration_does_not_use(sandbox: Sandbox) -> None:
    old = sandbox.unit("rare_poses", "all")
    odd = old.with_name("0" * 16)
    shutil.copytree(old, odd)
    left = old.parent / f".{'1' * 16}.part-1"
    left.mkdir()
    assert str(odd) in sandbox("gc")
    assert odd.is_dir()
    sandbox("gc", "--yes")
    assert not odd.exists()
    assert not left.exists()
    assert sandbox.ran() == {}


@pytest.mark.slow
def test_a_forced_stage_is_made_again_and_its_readers_only_if_its_output_differs(sandbox: Sandbox) -> None:
    assert sandbox.ran("--force", "rare_poses") == {"rare_poses": 1}
