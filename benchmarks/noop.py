"""How long a run takes that has nothing to do: RarePose beside DVC and Snakemake on an equal toy DAG of 20 units, in one run.

    python benchmarks/noop.py [--full] [--peers DIR]
    python benchmarks/noop.py --large [--full]

`--large`: planning and no-op of our own DAG with 1,000 shards, 4 networks, 6 recipes, 3 seeds; its store holds manifests alone.

DIR is a virtual environment's bin folder that holds `dvc` and `snakemake`; without it they are looked for on PATH, and what is
not there is left out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.plan import Plan
from training.train_settings import TrainSettings

ROOT = Path(__file__).resolve().parent.parent
TOY = Path(__file__).resolve().parent / "toy_dag.py"

CONFIG = ROOT / "configs/demo.toml"
SHARDS = 1000
RECIPES = '["baseline", "drp", "asrp", "asrpt", "wlcd", "drp+asrpt+wlcd"]'
LARGE = ("fit.shard_size=1", f"train.variants={RECIPES}")
NETWORKS = (
    'train.networks={a={}, b={network="simple_small"}, c={network="simple_resnet18"}, d={network="simple_resnet34"}}',
    "train.seeds=3",
) if "networks" in TrainSettings.model_fields else ()  # fmt: skip
FILES = ("images.tar", "labels.json", "poses.npz", "summary.json")

DVC = """stages:
  cluster: {cmd: "echo c > cluster.txt", outs: [cluster.txt]}
  inverse: {cmd: "echo i > inverse.txt", deps: [cluster.txt], outs: [inverse.txt]}
  render:
    foreach: [0, 1, 2, 3, 4, 5, 6, 7]
    do: {cmd: "echo ${item} > render${item}.txt", deps: [inverse.txt], outs: ["render${item}.txt"]}
  style:
    foreach: [0, 1, 2, 3, 4, 5, 6, 7]
    do: {cmd: "echo ${item} > style${item}.txt", deps: ["render${item}.txt"], outs: ["style${item}.txt"]}
  train:
    cmd: "echo t > train.txt"
    deps: [style0.txt, style1.txt, style2.txt, style3.txt, style4.txt, style5.txt, style6.txt, style7.txt]
    outs: [train.txt]
  evaluate: {cmd: "echo e > evaluate.txt", deps: [train.txt], outs: [evaluate.txt]}
"""
SNAKEFILE = """
rule evaluate:
    input: "train.txt"
    output: "evaluate.txt"
    shell: "echo e > {output}"
rule train:
    input: expand("style{i}.txt", i=range(8))
    output: "train.txt"
    shell: "echo t > {output}"
rule style:
    input: "render{i}.txt"
    output: "style{i}.txt"
    shell: "echo s > {output}"
rule render:
    input: "inverse.txt"
    output: "render{i}.txt"
    shell: "echo r > {output}"
rule inverse:
    input: "cluster.txt"
    output: "inverse.txt"
    shell: "echo i > {output}"
rule cluster:
    output: "cluster.txt"
    shell: "echo c > {output}"
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="15 repetitions instead of 5")
    parser.add_argument("--peers", type=Path, help="bin folder with dvc and snakemake")
    parser.add_argument("--large", action="store_true", help="our own DAG with 1,000 shards and many networks instead")
    given = parser.parse_args()
    if given.large:
        large(15 if given.full else 5)
        return
    with tempfile.TemporaryDirectory() as folder:
        commands = {"RarePose": rarepose(Path(folder, "rarepose"))}
        commands |= {
            n: c
            for n, c in (
                ("DVC", dvc(Path(folder, "dvc"), given.peers)),
                ("Snakemake", snakemake(Path(folder, "snake"), given.peers)),
            )
            if c
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(15 if given.full else 5):
            for name, (line, where) in commands.items():
                seconds[name].append(timed(line, where))
    result = {name: {"median_s": round(statistics.median(s), 3), "min_s": round(min(s), 3)} for name, s in seconds.items()}
    ours = result["RarePose"]["median_s"]
    print(f"{'no-op run of 20 units':24}{'median s':>10}{'min s':>10}{'ratio':>8}")
    for name, row in result.items():
        print(f"{name:24}{row['median_s']:10.3f}{row['min_s']:10.3f}{row['median_s'] / ours:8.1f}")
    for name in ("DVC", "Snakemake"):
        if name not in result:
            print(f"{name}: not found (pip install {name.lower()} into an environment of its own, and pass --peers)")
    print(json.dumps({"benchmark": "noop", "units": 20, "seconds": result}))


def large(repetitions: int) -> None:
    """Planning time and no-op of a large configuration, all of whose units are made."""
    from pipeline.cli_options import opened

    with tempfile.TemporaryDirectory() as folder:
        store, options = Path(folder), [o for change in LARGE + NETWORKS for o in ("--set", change)]
        units = fabricate(opened(CONFIG, store, [*LARGE, *NETWORKS]).plan)
        line = [sys.executable, "-m", "pipeline", "run", "--config", str(CONFIG), "--store", folder, *options]
        planning, whole = [], []
        for _ in range(repetitions):
            here = opened(CONFIG, store, [*LARGE, *NETWORKS])
            began = time.perf_counter()
            if not all(here.plan.state(n).done for n in units):
                raise SystemExit("the fabricated store is not complete")
            planning.append(time.perf_counter() - began)
            here.plan.digests.save()
            whole.append(timed(line, ROOT))
    seconds = {"planning": statistics.median(planning), "no-op": statistics.median(whole)}
    print("units: " + ", ".join(f"{stage} {count}" for stage, count in units.items()))
    print(", ".join(f"{name} {took:.3f} s" for name, took in seconds.items()))
    print(json.dumps({"benchmark": "noop large", "units": sum(units.values()), "seconds": seconds}))


def fabricate(plan: Plan) -> dict[str, int]:
    """Leave what a finished run of a plan leaves, with small files for big ones: {stage: units}."""
    from pipeline.manifest import Manifest, write_manifest

    stages = [s.name for s in plan.shape.upstream(["report"])]
    queue, count = plan.ready(stages), dict.fromkeys(stages, 0)
    while queue:
        stage, unit = queue.pop()
        state = plan.unit_state(stage, unit)
        folder = plan.store.path(stage, state.key)
        folder.mkdir(parents=True)
        files = {}
        for name in FILES:
            (folder / name).write_text(f"{stage} {unit}", encoding="utf-8")
            stat = (folder / name).stat()
            digest = hashlib.sha256(f"{stage} {unit} {name}".encode()).hexdigest()
            files[name] = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": digest}
        facts = {"rare": SHARDS} if stage == "rare_poses" else {}
        write_manifest(folder, Manifest(stage, unit, state.key, state.parts or {}, files, facts))
        count[stage] += 1
        queue += [(s, u) for s, u in plan.made(stage, unit) if s in count]
    return count


def rarepose(folder: Path) -> tuple[list[str], Path]:
    """Our command, its toy DAG made once."""
    folder.mkdir()
    line = [
        sys.executable,
        str(TOY),
        "run",
        "evaluate",
        "--config",
        str(ROOT / "configs/demo.toml"),
        "--store",
        str(folder / "store"),
        "-j",
        "1",
    ]
    subprocess.run(line, check=True, capture_output=True, cwd=ROOT)
    return line, ROOT


def dvc(folder: Path, peers: Path | None) -> tuple[list[str], Path] | None:
    """DVC's command, its pipeline made once."""
    tool = shutil.which("dvc", path=str(peers) if peers else None)
    if tool is None:
        return None
    folder.mkdir()
    (folder / "dvc.yaml").write_text(DVC, encoding="utf-8")
    for line in ([tool, "init", "--no-scm", "-q"], [tool, "config", "core.analytics", "false"], [tool, "repro", "-q"]):
        subprocess.run(line, check=True, capture_output=True, cwd=folder)
    return [tool, "repro", "-q"], folder


def snakemake(folder: Path, peers: Path | None) -> tuple[list[str], Path] | None:
    """Snakemake's command, its workflow made once."""
    tool = shutil.which("snakemake", path=str(peers) if peers else None)
    if tool is None:
        return None
    folder.mkdir()
    (folder / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    line = [tool, "-c1", "-q", "all"]
    subprocess.run(line, check=True, capture_output=True, cwd=folder)
    return line, folder


def timed(line: list[str], where: Path) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(line, check=True, capture_output=True, cwd=where, env={**os.environ, "DVC_NO_ANALYTICS": "1"})
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
