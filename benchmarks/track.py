"""Trackers against one another on made sequences that nobody trained on, by speed; and what their parts cost.

    python benchmarks/track.py --store STORE --network NETWORK.safetensors [--judge CONFIG] [--out track.json] [--threads 1]

Films the sequences of --config, and trains what rows learn (appearance, lighttrack, combined, and a third temporal stage) on
sequences of their own by --networks, where they are not there yet. Poses: the network's own without and with joint NMS, and the
truth's, these once more with the flow that the network should say. alpha, reach and the scores that count for MOTA are chosen on
training sequences (--choose N of them), then held. MOTA, recall and precision are the honest ones (all labelled frames);
intervals are 95 % over sequences, of the difference to `distance` on the same poses.
Association on real annotations: track_annotations.py.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from track_costs import LIMBS, costs, training_step
from track_live import end_to_end
from track_oracle import true_flow
from track_rows import BASE, rows
from track_tables import choose, mean_precision, table

from pipeline.config import load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store
from pipeline.unit import Reads
from training.tracking.checkpoint import FILE, TrainedTracker, load_tracker
from training.tracking.decode_settings import DecodeSettings
from training.tracking.detect_stage import detect, truth
from training.tracking.detections import Detections
from training.tracking.eye import Eye
from training.tracking.film import Film, load_films
from training.tracking.people import People
from training.tracking.table import LEARNT

APART, TRUE_STAGES = 2, 2
HERE = Path(__file__).parent
Seen = dict[str, Detections]


def plan_of(config: Path, store: Path) -> Plan:
    """What a configuration's run makes in a store."""
    return Plan(load_config(config), Store(store), STAGES, FileDigests(store))


def films_of(config: Path, store: Path, reads: str) -> list[Film]:
    """Sequences of a split."""
    return load_films(plan_of(config, store).directories(Reads("track_data", reads)))


def networks_of(config: Path, store: Path) -> dict[str, Path]:
    """Folders of what is trained, by network."""
    plan = plan_of(config, store)
    return {name: plan.directories(Reads("track_train", name))[0] for name in ("tml", *LEARNT.values())}


def look(films: list[Film], eye: Eye, further: Eye | None = None, true: bool = False) -> Seen:
    """People of every film, the network's own or the truth's, and flow between them, by a second network's last stage too."""
    found = {}
    for film in films:
        given = truth(film.sequence) if true else None
        seen = detect(film, eye, APART, given)
        found[film.sequence.name] = seen if further is None else with_flow(seen, film, further)
    return found


def with_flow(seen: Detections, film: Film, eye: Eye) -> Detections:
    """Beside it the flow of another network's last stage between the same people."""
    people: tuple[People, ...] = seen.people
    last = len(eye.network.temporal)
    flow = {key: found for key, found in detect(film, eye, APART, people).flow.items() if key[0][1] == last}
    return Detections(people, seen.flow | flow)


def compare(train: list[Film], test: list[Film], trained: TrainedTracker, networks: Mapping[str, Path]) -> dict[str, Any]:
    """All tables."""
    eyes = {"own": Eye(trained, DecodeSettings(joint_nms=False)), "own + joint NMS": Eye(trained, DecodeSettings())}
    best, stages = eyes["own + joint NMS"], len(trained.network.temporal)
    more = Eye(load_tracker(networks["tml"] / FILE), DecodeSettings()) if networks else None
    further = None if more is None else len(more.network.temporal)
    picked = choose(train, look(train, best), look(train, best, true=True), stages)
    result: dict[str, Any] = {"chosen on training sequences": asdict(picked), "mAP": {}, "tables": {}}
    for name, eye in eyes.items():
        seen = look(test, eye, more)
        result["mAP"][name] = mean_precision(test, seen)
        print(f"{name} poses", flush=True)
        result["tables"][name] = table(test, seen, rows(picked, networks, further), picked, stages)
    print("truth", flush=True)
    every = replace(picked, joint=0.0, person=0.0)
    given = look(test, best, more, true=True)
    result["tables"]["truth"] = table(test, given, rows(picked, networks, further), every, stages)
    ideal = {f.sequence.name: true_flow(f, LIMBS, APART) for f in test}
    result["tables"]["truth, true maps"] = table(test, ideal, rows(picked, {}, None), every, TRUE_STAGES)
    return result


def run(stage: str, config: Path, store: Path) -> None:
    """Make a stage where it is not fresh."""
    command = [sys.executable, "-m", "pipeline", "run", stage, "--config", str(config), "--store", str(store)]
    subprocess.run(command, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=HERE / "track.toml")
    parser.add_argument("--judge", type=Path, help="whose validation sequences are judged, if not those of --config")
    parser.add_argument("--networks", type=Path, default=HERE / "track_networks.toml", help="what rows learn, and from what")
    parser.add_argument("--nothing-learnt", action="store_true", help="without the rows that learn")
    parser.add_argument("--choose", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("track.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    judge, crowd = args.judge or args.config, HERE / "track_crowd.toml"
    for config in dict.fromkeys((args.config, judge, crowd)):
        run("track_data", config, args.store)
    networks = {}
    if not args.nothing_learnt:
        run("track_train", args.networks, args.store)
        networks = networks_of(args.networks, args.store)
    train, test = films_of(args.config, args.store, "train-*"), films_of(judge, args.store, "validation-*")
    trained = load_tracker(args.network)
    result = {"start": trained.card.start} | compare(train[: args.choose], test, trained, networks)
    live = end_to_end(films_of(crowd, args.store, "validation-*"), args.network)
    result |= {"milliseconds": costs(), "live": live, "training step": training_step(train)}
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    show(result)


def show(result: dict[str, Any]) -> None:
    """The tables."""
    print("chosen:", result["chosen on training sequences"], "| mAP:", result["mAP"])
    for poses, part in result["tables"].items():
        groups = list(part["sequences"])
        print(f"\n{poses} poses; sequences: {part['sequences']}; honest MOTA (gain over {BASE}, 95 %)")
        for name, line in part["rows"].items():
            cells = [f"{line[g]['MOTA']:7.2f} ({line[g]['gain']:+.2f}, {line[g]['gain_interval']})" for g in groups]
            print(f"{name:24s}", " | ".join(cells), f"| switches {line['switches']}, {line['seconds']} s")
        for name in ("TML", "TML + refinement"):
            for group in groups:
                line = part["rows"][name][group]
                sure, every = ({n: f[n] for n in ("MOTA", "recall", "precision")} for f in (line, line["every joint"]))
                print(f"{name:24s} {group}: joints that count {sure}; every joint {every}")
    for people, figures in result["milliseconds"].items():
        print(f"milliseconds, {people} people: {figures}")
    for name, figures in result["live"].items():
        print(f"{name}: {figures}")
    print("training step:", result["training step"])


if __name__ == "__main__":
    main()
