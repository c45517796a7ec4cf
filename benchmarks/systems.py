"""All pose systems at comparable size on the same real people: accuracy on usual and rare ones, speed, size, memory.

    python -m benchmarks.systems --data ../shared/data/lspet --full --figure docs/images/systems.png --json systems.json
    python -m benchmarks.systems --data ../shared/data/lspet --systems simple_tiny,cpn_tiny     # minutes: a pass over few people

People and test people are those of `benchmarks/rare_gain.py` (LSP-extended cut to a long tail), all through the DAG: each system
from chance on crops of 64 x 64 px, with the baseline and with the best recipe that needs no renders (any rotation). The primary
number is PCK@0.2 of the torso on the 600 people upside down with any rotation, with 95 % intervals over people and trainings.
Speeds and memory: `benchmarks/systems_speed.py`, on batches of 32.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.gain_rows import Plot, report, run
from benchmarks.systems_speed import measured
from smpl_assets.archive import write_json
from smpl_assets.drawing.charts import draw_chart, label_points, rates
from smpl_assets.drawing.palette import TEAL
from training.systems.table import SYSTEMS

SIZE = (64, 64)
# As on the easy set of the tests: a sigma of one cell at stride 8, windows that suit such crops
SIGMA = {"cpm_tiny": 1.0, "global_local_tiny": 1.0}
OPTIONS = {"global_local_tiny": {"stride": 8}, "coarse_to_fine_tiny": {"window": 12}, "deep_pose_tiny": {"stages": 2, "side": 32}}
SHORT = ("data.train.image_list=lists/val_common.txt", "train.epochs=1")


def networks(names: list[str]) -> dict[str, str]:
    """What each label is in the configuration."""
    return {n: ", ".join((f'network = "{n}"', 'start = "scratch"', *_own(n))) for n in names}


def _own(name: str) -> Iterator[str]:
    if name in SIGMA:
        yield f"sigma = {SIGMA[name]}"
    if name in OPTIONS:
        yield "options = {" + ", ".join(f"{key} = {value}" for key, value in OPTIONS[name].items()) + "}"


def rows_of(names: list[str], args: argparse.Namespace) -> list[dict[str, Any]]:
    """A row per system and recipe: percent of usual and rare people with intervals, speed, size, memory."""
    args.seeds = args.seeds or (3 if args.full else 1)
    size = f"train.input_size={list(SIZE)}"
    common = [f"data.root={args.data}", f"train.seeds={args.seeds}", size, *(() if args.full else SHORT), *args.set]
    recipes = ("baseline", args.recipe)
    found, table = run(Plot((), {name: recipes for name in names}, networks(names)), args, common)
    clock, turns = time.process_time if args.cpu_seconds else time.perf_counter, 7 if args.full else 2
    speeds = {name: measured(name, SIZE, 32, turns, clock, OPTIONS.get(name)) for name in names}
    lines = report(found, table, args.data)
    return [{**line, **speeds[str(line["row"]).partition("/")[0]]} for line in lines]


def markdown(rows: list[dict[str, Any]]) -> str:
    """The table of docs/systems.md."""
    titles = ("system, recipe", "parameters", "usual", "rare", "forward, crops/s", "training, crops/s", "memory, MiB")
    cells = [" | ".join(titles), "|".join("---" for _ in titles)]
    for row in rows:
        shares = (f"{row[kind]['pck']:.1f} ({row[kind]['low']:.1f} to {row[kind]['high']:.1f})" for kind in ("usual", "rare"))
        figures = (f"{row['forward_per_s']:.0f}", f"{row['train_per_s']:.0f}", str(row["memory_mb"]))
        cells.append(" | ".join([row["row"].replace("/", ", "), f"{row['parameters']:,}", *shares, *figures]))
    return "\n".join(f"| {line} |" for line in cells)


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Accuracy against crops a second: on usual people the first recipe's, on rare ones the last one's."""

    def panel(axes: Any, kind: str, recipe: str) -> None:
        shown = {row["row"].partition("/")[0]: row for row in rows if row["row"].endswith(f"/{recipe}")}
        points = [(row["forward_per_s"], row[kind]["pck"]) for row in shown.values()]
        for (speed, share), row in zip(points, shown.values(), strict=True):
            axes.plot([speed, speed], [row[kind]["low"], row[kind]["high"]], color=TEAL, linewidth=2, alpha=0.4)
            axes.plot(speed, share, "o", color=TEAL, markersize=5)
        axes.set(xlabel="crops a second, forward", title=f"PCK@0.2, {kind} people ({recipe})")
        rates(axes)
        label_points(axes, points, [name.removesuffix("_tiny") for name in shown])

    recipes = [row["row"].partition("/")[2] for row in rows]

    def both(left: Any, right: Any) -> None:
        panel(left, "usual", recipes[0])
        panel(right, "rare", recipes[-1])

    draw_chart(path, 10, 4.5, both, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with joints.mat, images/ and lists/")
    parser.add_argument("--store", type=Path, default=Path("store/systems"))
    parser.add_argument("--systems", default=",".join(n for n in SYSTEMS.own if n.endswith("_tiny")))
    parser.add_argument("--recipe", default="turn", help="beside the baseline")
    parser.add_argument("--full", action="store_true", help="3,030 people, eight passes, three seeds")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], help="a change of the configuration, as for rarepose run")
    parser.add_argument("--cpu-seconds", action="store_true", help="speeds in CPU seconds, for busy machines")
    parser.add_argument("--figure", type=Path, help="draw accuracy against speed there, as PNG")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = rows_of(args.systems.split(","), args)
    print(markdown(rows))
    if args.figure:
        draw(rows, args.figure)
    if args.json:
        write_json(args.json, {"rows": rows, "seeds": args.seeds, "full": args.full})


if __name__ == "__main__":
    main()
