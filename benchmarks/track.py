"""Trackers against one another on made sequences that nobody trained on, by speed; and what their parts cost.

    python benchmarks/track.py --store STORE --network NETWORK.safetensors [--config benchmarks/track.toml]
                               [--out track.json] [--threads 1]

Films the sequences of the configuration where they are not there yet. Poses: the network's own without and with joint NMS, and
the truth's, these once more with the flow that the network should say. alpha, reach and the scores that count for MOTA are chosen
on training sequences (--choose N of them), then held. MOTA is the honest one (all labelled frames); intervals are 95 % over
sequences, of the difference to `distance` on the same poses.
Association on real annotations: track_annotations.py.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from track_costs import LIMBS, costs
from track_oracle import true_flow

from pipeline.config import load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store
from pipeline.unit import Reads
from training.metrics.bootstrap import interval, point
from training.metrics.track_evaluation import TrackEvaluation, evaluate_tracks
from training.metrics.track_intervals import track_statistics
from training.tracking.checkpoint import load_tracker
from training.tracking.decode_settings import DecodeSettings
from training.tracking.detect_stage import detect, truth
from training.tracking.detections import Detections
from training.tracking.evaluate_stage import SPEEDS
from training.tracking.eye import Eye
from training.tracking.film import Film, load_films
from training.tracking.method import Setting
from training.tracking.network_settings import Head
from training.tracking.scores_stage import sure
from training.tracking.table import TRACKERS
from training.tracking.track_stage import Scores, track_film
from training.tracking.tracker import Seen

BASE = "distance"
APART = 2
SAMPLES = 1000


@dataclass(frozen=True)
class Kept:
    """A film's detections as evidence."""

    of: dict[str, Detections]

    def __call__(self, before: Seen, after: Seen, head: Head, stage: int | None) -> np.ndarray:
        """See `Evidence`."""
        flow = self.of[before.sequence].flow
        last = max(s for (h, s), _ in flow if h == head)
        return flow[(head, stage or last), after.number - before.number][before.number]


def rows(alpha: float, reach: float) -> dict[str, tuple[str, dict[str, Any]]]:
    """The table's rows; a track may miss one frame in each."""
    kept = {"memory": 1}
    tml = {"alpha": alpha, "reach": reach, "refine": False}
    found: dict[str, tuple[str, dict[str, Any]]] = {
        BASE: ("distance", kept),
        "distance, torso": ("distance", kept | {"distance": "torso"}),
    }
    found |= {name: (name, kept) for name in ("iou", "oks", "flow")}
    found |= {f"TML alpha {a:g}": ("tml", tml | {"alpha": a}) for a in (0.3, 0.5, 0.7, 0.9, 1.0)}
    found |= {f"TML {m}": ("tml", tml | {"mapping": m}) for m in ("exp", "gauss")}
    found |= {"joint flow": ("tml", tml | {"head": "joints"}), "accumulated": ("tml", tml | {"head": "accumulated"})}
    found |= {
        "TML, 1 stage": ("tml", tml | {"stage": 1}),
        "TML": ("tml", tml),
        "TML + refinement": ("tml", tml | {"refine": True}),
    }
    return found


def run(
    films: list[Film], found: dict[str, Detections], tracker: str, options: dict[str, Any], scores: tuple[float, float]
) -> TrackEvaluation:
    """One row."""
    method = TRACKERS.load(tracker)
    opened = method.open(method.options.model_validate(options), Setting(LIMBS.skeleton, evidence=Kept(found)))
    tracked = [track_film(film, found[film.sequence.name], opened) for film in films]
    return evaluate_tracks([f.sequence for f in films], [sure(s, Scores(*scores)) for s in tracked])


def mota(found: TrackEvaluation, names: set[str] | None = None) -> float:
    """Honest, of some sequences."""
    counts = [c for c in found.counts if names is None or c.name in names]
    return point(track_statistics(counts, True)["MOTA"]) if counts else float("nan")


def choose(films: list[Film], own: dict[str, Detections], true: dict[str, Detections]) -> dict[str, float]:
    """alpha, reach and thresholds with the best MOTA on these films."""
    best: tuple[float, float, float] = (-1e9, 0.5, 2.0)
    for alpha in (0.3, 0.5, 0.7):
        for reach in (1.0, 2.0):
            options = {"alpha": alpha, "reach": reach, "refine": False}
            best = max(best, (mota(run(films, true, "tml", options, (0.0, 0.0))), alpha, reach))
    top: tuple[float, float, float] = (-1e9, 0.3, 0.4)
    for joint in (0.25, 0.35, 0.45, 0.55):
        for person in (0.4, 0.7, 1.0):
            options = {"alpha": best[1], "reach": best[2], "refine": False}
            top = max(top, (mota(run(films, own, "tml", options, (joint, person))), joint, person))
    return {"alpha": best[1], "reach": best[2], "joint_score": top[1], "person_score": top[2]}


def table(
    films: list[Film], found: dict[str, Detections], picked: dict[str, float], scores: tuple[float, float]
) -> dict[str, Any]:
    """Every row, over all and by speed."""
    speed = {f.sequence.name: float(f.sequence.facts["moves"]) for f in films}
    groups = {n: {s for s, v in speed.items() if low <= v < high} for n, (low, high) in SPEEDS.items()}
    groups["same shirt"] = {f.sequence.name for f in films if f.sequence.facts.get("same_shirt")}
    groups = {"all": set(speed)} | {n: g for n, g in groups.items() if g}
    result: dict[str, Any] = {"sequences": {n: len(g) for n, g in groups.items()}, "rows": {}}
    base: TrackEvaluation | None = None
    for name, (tracker, options) in rows(picked["alpha"], picked["reach"]).items():
        begun = time.perf_counter()
        ours = run(films, found, tracker, options, scores)
        base = base or ours
        line: dict[str, Any] = {"seconds": round(time.perf_counter() - begun, 2), "switches": switches(ours)}
        for group, members in groups.items():
            pair = [track_statistics([c for c in e.counts if c.name in members], True)["MOTA"] for e in (ours, base)]
            bounds = interval(pair[0], 1, "MOTA", SAMPLES, 0.95, pair[1])
            line[group] = {
                "MOTA": round(point(pair[0]), 2), "gain": round(point(pair[0]) - point(pair[1]), 2),
                "gain_interval": [round(float(b), 2) for b in (bounds.difference_low, bounds.difference_high)],
            }  # fmt: skip
        result["rows"][name] = line
    return result


def switches(found: TrackEvaluation) -> int:
    """Of joints, honest."""
    return int(sum(np.sum(c.honest.switches) for c in found.counts))


def mean_precision(films: list[Film], found: dict[str, Detections]) -> dict[str, float]:
    """MAP of the network's own poses by speed, all joints and people counted."""
    speed = {f.sequence.name: float(f.sequence.facts["moves"]) for f in films}
    opened = TRACKERS.load("distance")
    tracker = opened.open(opened.options(), Setting(LIMBS.skeleton))
    tracked = [sure(track_film(f, found[f.sequence.name], tracker), Scores()) for f in films]
    counts = evaluate_tracks([f.sequence for f in films], tracked).counts
    result = {}
    for name, (low, high) in SPEEDS.items():
        some = [c for c in counts if low <= speed[c.name] < high]
        if some:
            result[name] = round(point(track_statistics(some, True)["mAP"]), 2)
    return result


def films_of(config_file: Path, store: Path, reads: str) -> list[Film]:
    """Sequences of a split."""
    plan = Plan(load_config(config_file), Store(store), STAGES, FileDigests(store))
    return load_films(plan.directories(Reads("track_data", reads)))


def compare(train: list[Film], test: list[Film], file: Path) -> dict[str, Any]:
    """All tables."""
    trained = load_tracker(file)
    eyes = {"own": Eye(trained, DecodeSettings(joint_nms=False)), "own + joint NMS": Eye(trained, DecodeSettings())}
    best = eyes["own + joint NMS"]
    own = {f.sequence.name: detect(f, best, APART) for f in train}
    true = {f.sequence.name: detect(f, best, APART, truth(f.sequence)) for f in train}
    picked = choose(train, own, true)
    result: dict[str, Any] = {"start": trained.card.start, "chosen on training sequences": picked, "tables": {}, "mAP": {}}
    scores = (picked["joint_score"], picked["person_score"])
    for name, eye in eyes.items():
        begun = time.perf_counter()
        seen = {f.sequence.name: detect(f, eye, APART) for f in test}
        seconds = time.perf_counter() - begun
        result["frames a second"] = round(sum(len(f.sequence.frames) for f in test) / seconds, 1)
        result["mAP"][name] = mean_precision(test, seen)
        result["tables"][name] = table(test, seen, picked, scores)
    given = {f.sequence.name: detect(f, best, APART, truth(f.sequence)) for f in test}
    ideal = {f.sequence.name: true_flow(f, LIMBS, APART) for f in test}
    result["tables"]["truth"] = table(test, given, picked, (0.0, 0.0))
    result["tables"]["truth, true maps"] = table(test, ideal, picked, (0.0, 0.0))
    result["milliseconds"] = costs()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path("benchmarks/track.toml"))
    parser.add_argument("--choose", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("track.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    command = [sys.executable, "-m", "pipeline", "run", "track_data", "--config", str(args.config), "--store", str(args.store)]
    subprocess.run(command, check=True)
    train, test = (films_of(args.config, args.store, f"{split}-*") for split in ("train", "validation"))
    result = compare(train[: args.choose], test, args.network)
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    show(result)


def show(result: dict[str, Any]) -> None:
    """The tables."""
    print("chosen:", result["chosen on training sequences"], "| mAP:", result["mAP"], "| frames/s:", result["frames a second"])
    for poses, part in result["tables"].items():
        groups = list(part["sequences"])
        print(f"\n{poses} poses; sequences: {part['sequences']}; honest MOTA (gain over {BASE}, 95 %)")
        for name, line in part["rows"].items():
            cells = [f"{line[g]['MOTA']:7.2f} ({line[g]['gain']:+.2f}, {line[g]['gain_interval']})" for g in groups]
            print(f"{name:20s}", " | ".join(cells), f"| switches {line['switches']}, {line['seconds']} s")
    for people, figures in result["milliseconds"].items():
        print(f"milliseconds, {people} people: {figures}")


if __name__ == "__main__":
    main()
