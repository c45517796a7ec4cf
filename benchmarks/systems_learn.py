"""What systems learn of the easy set (tests/training/systems/easy_set.py) in 400 steps, over three seeds.

    python -m benchmarks.systems_learn --json learn.json                                   # all: hours of one core
    python -m benchmarks.systems_learn --cases "cpn_tiny;ogn_tiny, stride 8" --seeds 1     # minutes
    python -m benchmarks.systems_learn --cases simple_tiny --seeds 1 --steps 5             # does a case run?

Per case and output: PCK@0.2 and PCK@0.05 of the torso on 300 figures and the mean distance, mean over seeds, the lowest and the
spread over seeds, and the CPU seconds of a training. What is in the file already is not trained again. In the end two tables:
what was learnt, and what was asked (`benchmarks/learn_asked.py`) beside what was measured.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.learn_asked import asked_table, learnt_table
from smpl_assets.archive import write_json
from tests.training.systems.easy_set import SIDE, SKELETON, Figures, easy_set
from tests.training.systems.learning import STEPS, learn, outputs_of, pck
from training.codecs.codec import Codec, Decode, Knobs, People, RegionRequest
from training.codecs.position_sensitive import PositionSensitive
from training.feeds.edge_boxes import Boxes, edge_boxes
from training.feeds.regions import draw_regions
from training.systems.build import build_model
from training.systems.system import Phase, PoseModel

GLOBAL = ("backbone.", "head.")


@dataclass(frozen=True)
class Case:
    """A system as it is trained. sigma: cells. codec: empty = its own. absent: share of joints that are not there.

    decode: at stride 8 the quarter of a cell hides what maps know (perfect ones miss by 1.6 px, with `dark` by 0.3).
    phases: of the training; none = the system's own.
    """

    system: str
    sigma: float = 1.5
    options: Mapping[str, Any] = field(default_factory=dict)
    codec: str = ""
    absent: float = 0.0
    decode: Decode = "quarter"
    phases: tuple[Phase, ...] = ()


CASES = {
    **{name: Case(name) for name in ("simple_tiny", "cpn_tiny", "hrnet_tiny", "hourglass_tiny", "integral_tiny")},
    "cpm_tiny": Case("cpm_tiny", 1.0, decode="dark"),
    "ogn_tiny, stride 16": Case("ogn_tiny", options={"stride": 16}),
    "heatmaps, stride 16": Case("ogn_tiny", 0.7, {"stride": 16}, "heatmap"),
    "ogn_tiny, stride 8": Case("ogn_tiny", options={"stride": 8}),
    "heatmaps, stride 8": Case("ogn_tiny", 1.0, {"stride": 8}, "heatmap"),
    "deep_pose_tiny": Case("deep_pose_tiny", options={"stages": 2, "side": 32}),
    "coarse_to_fine_tiny": Case("coarse_to_fine_tiny", options={"window": 12}),
    "regressor_tiny": Case("regressor_tiny"),
    "regressor_tiny, 30 % absent": Case("regressor_tiny", absent=0.3),
    "global_local_tiny": Case("global_local_tiny", 1.0, {"stride": 8}, decode="dark"),
    "global_local_tiny, Edge Boxes": Case("global_local_tiny", 1.0, {"stride": 8, "proposals": "edge_boxes"}, decode="dark"),
    "global_local_tiny, global alone": Case(
        "global_local_tiny", 1.0, {"stride": 8, "use": "global"}, decode="dark", phases=2 * (Phase(0.5, GLOBAL, (0,)),)
    ),
    "global_local_tiny, stride 16": Case("global_local_tiny", 1.0, {"stride": 16}, decode="dark"),
    "global_local_tiny, stride 16, global alone": Case(
        "global_local_tiny", 1.0, {"stride": 16, "use": "global"}, decode="dark", phases=2 * (Phase(0.5, GLOBAL, (0,)),)
    ),
}


@dataclass(frozen=True)
class Proposed(Figures):
    """Figures that bring regions, as training crops do (`training.feeds.regions`). boxes: of each figure."""

    boxes: tuple[Boxes, ...]
    asked: RegionRequest
    rng: np.random.Generator

    def people(self, rows: Tensor) -> People:
        """Regions are drawn anew each time."""
        drawn = [draw_regions(self.boxes[row], self.asked, (SIDE, SIDE), self.rng) for row in rows.tolist()]
        return replace(super().people(rows), regions=torch.from_numpy(np.stack(drawn)))


def readers(model: PoseModel) -> list[tuple[str, int, Codec]]:
    """(label, output, codec) of all that can be decoded, what is decoded in use last."""
    found = [(str(index + 1), index, stage.codec) for index, stage in enumerate(model.stages)]
    last = model.last.codec
    if isinstance(last, PositionSensitive) and last.use == "sum":
        found[-1:] = [(use, len(model.stages) - 1, replace(last, use=use)) for use in ("global", "local", "sum")]
    return found


def figures_of(model: PoseModel, others: Figures) -> dict[str, tuple[float, ...]]:
    """By reader: PCK@0.2, PCK@0.05, mean distance px, percent of joints whose presence is told."""
    outputs = outputs_of(model, others)
    found: dict[str, tuple[float, ...]] = {}
    for label, output, codec in readers(model):
        poses = codec.decode(outputs[output], model.stages[output].frame((SIDE, SIDE)))
        distance = (poses.points - others.keypoints).norm(dim=2)[others.present].mean()
        told = ((poses.score >= 0.5) == others.present).double().mean()
        found[label] = (pck(poses.points, others), pck(poses.points, others, 0.05), float(distance), 100 * float(told))
    return found


def measure(name: str, seeds: int, steps: int = STEPS) -> list[dict[str, object]]:
    """A row per reader."""
    case = CASES[name]
    figures, others = easy_set(3000, 0, case.absent), easy_set(300, 1, case.absent)
    boxes = tuple(edge_boxes(image) for image in figures.images.numpy()) if case.options.get("proposals") == "edge_boxes" else ()
    found: list[dict[str, tuple[float, ...]]] = []
    began = time.process_time()
    for seed in range(seeds):
        model = build_model(case.system, SKELETON, seed, Knobs(case.sigma, case.decode), case.codec, case.options)
        if case.phases:
            model = replace(model, system=replace(model.system, phases=case.phases))
        asked, told = model.system.regions, figures
        if asked is not None:
            told = Proposed(figures.images, figures.keypoints, figures.present, boxes, asked, np.random.default_rng(seed))
        learn(model, told, seed, steps)
        found.append(figures_of(model, others))
    seconds = (time.process_time() - began) / seeds
    rows = []
    for label in found[0]:
        mine = np.array([seed[label] for seed in found])
        mean, low, spread = mine.mean(0), mine[:, 0].min(), mine[:, 0].std()
        row: dict[str, object] = {"case": name, "output": label, "pck": round(mean[0], 1), "lowest": round(low, 1)}
        row |= {
            "spread": round(spread, 1),
            "seeds": mine[:, 0].round(2).tolist(),
            "pck_0.05": round(mean[1], 1),
            "distance_px": round(mean[2], 2),
        }
        if case.absent:
            row |= {"presence": round(mean[3], 1), "always_present": round(100 * float(others.present.double().mean()), 1)}
        rows.append(row | {"cpu_s": round(seconds, 1)})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", help="separated by semicolons; all where nothing is said")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer show only that a case runs")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    how = {"seeds": args.seeds, "steps": args.steps}
    kept = {"steps": STEPS} | json.loads(args.json.read_text()) if args.json and args.json.exists() else {**how, "rows": []}
    if any(kept[name] != value for name, value in how.items()):
        parser.error(f"{args.json} holds figures of {kept['seeds']} seeds and {kept['steps']} steps")
    done = {row["case"] for row in kept["rows"]}
    for name in args.cases.split(";") if args.cases else CASES:
        if name in done:
            continue
        kept["rows"] += (rows := measure(name, args.seeds, args.steps))
        for row in rows:
            print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)
        if args.json:
            write_json(args.json, kept)
    print("", learnt_table(kept["rows"]), "", asked_table(kept["rows"]), sep="\n")


if __name__ == "__main__":
    main()
