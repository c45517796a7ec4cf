"""Rows of a table of gains: start weights x recipes, all through the DAG by a configuration, with intervals.

`rare_gain.py`, `rare_gain_made.py` and `systems.py` say which. A set has `lists/` that name the photographs of usual and of rare
test people; rows are compared over people and trainings.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from benchmarks.making import made
from benchmarks.sim_to_real import found as found_by
from pipeline.plan import Plan
from pipeline.unit import Reads
from smpl_assets.archive import write_json
from smpl_assets.pose_table import PoseTable
from training.metrics.bootstrap import JointShare, SeedMean, interval, point
from training.metrics.match import match_people
from training.metrics.pck import correct_joints, torso_lengths
from training.poses import Poses
from training.recipes import canonical, predictions_file
from training.start.shipped import WEIGHTS

CONFIG = Path(__file__).with_name("rare_gain.toml")
SETS = {"usual": "lists/val_common.txt", "rare": "lists/val_rare.txt"}
RESAMPLES, THRESHOLD = 2000, 0.2
ORACLE = "data.train.image_list=lists/train_oracle.txt"
SHIPPED = "simple_tiny"
ALONE = f"shipped {SHIPPED} alone"


def networks(start: str) -> dict[str, str]:
    """What each label is in the configuration. start: `shipped`, or `render` for networks that have no weights to ship."""
    return {
        "scratch": 'start = "scratch"',
        "start": f'start = "{start}"',
        "scratch35": 'start = "scratch", synthetic_share = 0.35',
        "start10": f'start = "{start}", synthetic_share = 0.1',
        "staged": f'start = "{start}", synthetic_share = 0.35, real_last = 0.25',
    }


@dataclass(frozen=True)
class Plot:
    """One configuration: its changes, the recipes of each network, and by label what each network is."""

    changes: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]
    networks: Mapping[str, str] = field(default_factory=lambda: networks("shipped"))

    @property
    def kind(self) -> str:
        """What names of its rows begin with."""
        return "oracle: " if ORACLE in self.changes else ""

    def only(self, names: list[str]) -> Plot:
        """The same with some of its rows, named by their recipe or as the table does."""
        rows = {
            label: tuple(
                r for r in own if not {r, *(f"{self.kind}{label}/{name}" for name in (r, canonical(r)))}.isdisjoint(names)
            )
            for label, own in self.rows.items()
        }
        return replace(self, rows={label: own for label, own in rows.items() if own})

    def all_changes(self, common: list[str]) -> list[str]:
        """What `rarepose run` is told by `--set`."""
        networks = [
            f"train.networks.{label}={{{self.networks[label]}, variants={json.dumps(list(r))}}}" for label, r in self.rows.items()
        ]
        return [*common, *self.changes, *networks]


@dataclass(frozen=True)
class Figures:
    """Joints per person of one row: correct (seeds, people), the same with sides that may be mixed up, counted (people,)."""

    correct: np.ndarray
    tolerant: np.ndarray
    counted: np.ndarray

    def of(self, rows: np.ndarray, tolerant: bool = False) -> SeedMean:
        """PCK of some people."""
        correct = self.tolerant if tolerant else self.correct
        return SeedMean(tuple(JointShare(c[rows], self.counted[rows]) for c in correct))


def judged(trainings: Sequence[Float[np.ndarray, "people joints 2"]], table: PoseTable) -> Figures:
    """The figures of keypoints (px) that one training, or several, found."""
    lengths = torso_lengths(table)
    mirrored = replace(
        table, keypoints=table.keypoints[:, list(table.skeleton.flip)], annotated=table.annotated[:, list(table.skeleton.flip)]
    )
    correct, tolerant = [], []
    for keypoints in trainings:
        right, counted = correct_joints(keypoints, table, lengths, THRESHOLD)
        swapped, _ = correct_joints(keypoints, mirrored, lengths, THRESHOLD)
        correct.append(right.sum(1).astype(float))
        tolerant.append(np.maximum(right.sum(1), swapped.sum(1)).astype(float))
    return Figures(np.array(correct), np.array(tolerant), counted.sum(1).astype(float))


def tested(plan: Plan) -> PoseTable:
    """The people that all rows are judged on."""
    return PoseTable.load(plan.directories(Reads("annotations", "validation"))[0] / "poses.npz")


def run(plot: Plot, args: argparse.Namespace, common: list[str]) -> tuple[dict[str, Figures], PoseTable]:
    """Make one configuration; every row's figures, and the test people."""
    plan = made(CONFIG, args.store, "evaluate", plot.all_changes(common))
    table = tested(plan)
    rows = [f"{label}/{canonical(recipe)}" for label, recipes in plot.rows.items() for recipe in recipes]
    found = {}
    for row in rows:
        folder = plan.directories(Reads("evaluate", row))[0]
        poses = [Poses.load(folder / predictions_file(index)) for index in range(args.seeds)]
        found[plot.kind + row] = judged([match_people(p, table).keypoints for p in poses], table)
    return found, table


def report(found: dict[str, Figures], table: PoseTable, data: Path, against: str = "") -> list[dict[str, Any]]:
    """The rows of the table: percent, interval, difference to the row `against`, or the first one."""
    names = np.array([Path(table.file_name(row)).name for row in range(len(table))])
    sets = {kind: np.flatnonzero(np.isin(names, (data / file).read_text().split())) for kind, file in SETS.items()}
    first = against or next(iter(found))
    lines = []
    for name, figures in found.items():
        line: dict[str, Any] = {"row": name}
        for kind, rows in sets.items():
            mine, base = figures.of(rows), found[first].of(rows)
            bounds = interval(mine, 0, kind, RESAMPLES, 0.95, base if name != first else None)
            line[kind] = {
                "pck": round(point(mine), 2),
                "low": round(bounds.low, 2),
                "high": round(bounds.high, 2),
                "tolerant": round(point(figures.of(rows, tolerant=True)), 2),
                "seeds": [round(point(s), 2) for s in mine.seeds],
            }
            if name != first:
                gain = {"gain": point(mine) - point(base), "low": bounds.difference_low, "high": bounds.difference_high}
                line[kind]["against"] = {k: round(v, 2) for k, v in gain.items()}
        lines.append(line)
    return lines


def gain_parser(about: str | None) -> argparse.ArgumentParser:
    """The options that benchmarks of gains share."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="every row, three seeds, eight passes")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument(
        "--start", default="shipped", choices=("shipped", "render"), help="where the rows' start weights come from"
    )
    parser.add_argument("--rows", help="only these, separated by commas: recipes, or rows as the table names them")
    parser.add_argument("--against", default="", help="LABEL/RECIPE that the others are compared with (default: the first)")
    parser.add_argument("--set", action="append", default=[], help="a change of the configuration, as for rarepose run")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    return parser


def compare(plots: Sequence[Plot], args: argparse.Namespace, changes: Sequence[str] = ()) -> None:
    """Make all rows, with `--full` also the shipped weights as they are; print the table and a line of JSON."""
    args.seeds = args.seeds or (3 if args.full else 1)
    short = () if args.full else ("train.epochs=2", "render.per_pose=10")
    common = [f"data.root={args.data}", f"train.seeds={args.seeds}", *changes, *short, *args.set]
    found: dict[str, Figures] = {}
    started = [replace(plot, networks=networks(args.start)) for plot in plots]
    names = args.rows.split(",") if args.rows else []
    chosen = [plot.only(names) if names else plot for plot in started]
    for plot in filter(lambda plot: plot.rows, chosen):
        rows, table = run(plot, args, common)
        found |= rows
    if args.start == "shipped" and (ALONE in names if names else args.full):
        table = tested(made(CONFIG, args.store, "annotations", common))
        alone = found_by(WEIGHTS / f"{SHIPPED}.safetensors", table, args.data / "images")
        found[ALONE] = judged([alone] * args.seeds, table)
    if not found:
        raise SystemExit(f"--rows {args.rows}: there is none of these")
    if args.against and args.against not in found:
        raise SystemExit(f"--against {args.against}: there are {', '.join(found)}")
    lines = report(found, table, args.data, args.against)
    for line in lines:
        print(
            f"{line['row']:34}",
            *(f"{k} {v['pck']:6.2f} ({v['low']:.1f} to {v['high']:.1f})" for k, v in line.items() if k != "row"),
        )
    result = {"rows": lines, "seeds": args.seeds, "full": args.full}
    print(json.dumps(result))
    if args.json:
        write_json(args.json, result)
