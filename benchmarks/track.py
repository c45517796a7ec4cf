"""Trackers against one another on made sequences that nobody trained on, by speed; and what their parts cost.

    python -m benchmarks.track --store STORE --network NETWORK.safetensors [--rows "TML;TML + refinement"] [--out track.json]

Films the sequences of --config and --shirts, and trains what rows learn (appearance, lighttrack, combined, and a third temporal
stage) on sequences of their own by --networks, where they are not there yet. Poses: the network's own without and with joint NMS,
and the truth's, these once more with the flow that the network should say. alpha, reach and the scores that count for MOTA are
chosen on training sequences (--choose N of them), then held. MOTA, recall and precision are the honest ones (all labelled
frames); intervals are 95 % over sequences, of the difference to --against (`distance`) on the same poses.
Association on real annotations: track_annotations.py.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.making import made, plan_of
from benchmarks.track_costs import LIMBS, costs, training_step
from benchmarks.track_live import end_to_end
from benchmarks.track_oracle import true_flow
from benchmarks.track_rows import BASE, Row, rows
from benchmarks.track_tables import choose, mean_precision, table
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


def compare(
    train: list[Film], tests: Mapping[str, list[Film]], trained: TrainedTracker, networks: Mapping[str, Path],
    names: frozenset[str] = frozenset(), against: str = BASE,
) -> dict[str, Any]:  # fmt: skip
    """All tables, of every set of films.

    networks: folders of what rows learnt, by network; without them those rows are left out. names: of the rows that are made
    beside `against`, the row that gains are over; all where there are none.
    """

    def some(found: dict[str, Row]) -> dict[str, Row]:
        return {against: found[against]} | {name: row for name, row in found.items() if not names or name in names}

    eyes = {"own": Eye(trained, DecodeSettings(joint_nms=False)), "own + joint NMS": Eye(trained, DecodeSettings())}
    best, stages = eyes["own + joint NMS"], len(trained.network.temporal)
    more = Eye(load_tracker(networks["tml"] / FILE), DecodeSettings()) if networks else None
    further = None if more is None else len(more.network.temporal)
    picked = choose(train, look(train, best), look(train, best, true=True), stages)
    every = replace(picked, joint=0.0, person=0.0)
    result: dict[str, Any] = {"chosen on training sequences": asdict(picked), "mAP": {}, "tables": {}}
    for which, films in tests.items():
        tables, precision = result["tables"].setdefault(which, {}), result["mAP"].setdefault(which, {})
        for name, eye in eyes.items():
            seen = look(films, eye, more)
            precision[name] = mean_precision(films, seen)
            print(f"{which}, {name} poses", flush=True)
            tables[name] = table(films, seen, some(rows(picked, networks, further)), picked, stages)
        print(f"{which}, truth", flush=True)
        given = look(films, best, more, true=True)
        tables["truth"] = table(films, given, some(rows(picked, networks, further)), every, stages)
        ideal = {f.sequence.name: true_flow(f, LIMBS, APART) for f in films}
        tables["truth, true maps"] = table(films, ideal, some(rows(picked, {}, None)), every, TRUE_STAGES)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=HERE / "track.toml")
    parser.add_argument("--shirts", type=Path, default=HERE / "track_shirts.toml", help="fast people in one shirt, judged apart")
    parser.add_argument("--crowd", type=Path, default=HERE / "track_crowd.toml", help="single people, for frames per second")
    parser.add_argument("--networks", type=Path, default=HERE / "track_networks.toml", help="what rows learn, and from what")
    parser.add_argument("--nothing-learnt", action="store_true", help="without the rows that learn")
    parser.add_argument("--rows", default="", help="only these beside the base, separated by semicolons")
    parser.add_argument("--against", default=BASE, help="the row that gains are over")
    parser.add_argument("--choose", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("track.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for config in (args.config, args.shirts, args.crowd):
        made(config, args.store, "track_data")
    networks = {}
    if not args.nothing_learnt:
        made(args.networks, args.store, "track_train")
        networks = networks_of(args.networks, args.store)
    train = films_of(args.config, args.store, "train-*")
    tests = {name: films_of(c, args.store, "validation-*") for name, c in (("speeds", args.config), ("one shirt", args.shirts))}
    trained = load_tracker(args.network)
    result = {"milliseconds": costs(), "training step": training_step(train)}
    print(result, flush=True)
    result["live"] = end_to_end(films_of(args.crowd, args.store, "validation-*"), args.network)
    names = frozenset(filter(None, args.rows.split(";")))
    result |= {"start": trained.card.start, "against": args.against}
    result |= compare(train[: args.choose], tests, trained, networks, names, args.against)
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    show(result)


def show(result: dict[str, Any]) -> None:
    """The tables."""
    print("chosen:", result["chosen on training sequences"], "| mAP:", result["mAP"])
    for which, tables in result["tables"].items():
        for poses, part in tables.items():
            told = f"honest MOTA (gain over {result['against']}, 95 %) recall/precision"
            print(f"\n{which}, {poses} poses; {part['sequences']}; {told}")
            for name, line in part["rows"].items():
                cells = [cell(line[group]) for group in part["sequences"]]
                print(f"{name:24s}", " | ".join(cells), f"| switches {line['switches']}")
    for kind in ("milliseconds", "live"):
        for people, figures in result[kind].items():
            print(f"{kind}, {people}: {figures}")
    print("training step:", result["training step"])


def cell(line: dict[str, Any]) -> str:
    """A row's figures of one speed."""
    low, high = line["gain_interval"]
    return f"{line['MOTA']:6.2f} ({line['gain']:+.2f}, {low:+.2f} .. {high:+.2f}) {line['recall']:.1f}/{line['precision']:.1f}"


if __name__ == "__main__":
    main()
