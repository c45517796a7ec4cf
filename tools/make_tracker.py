"""Makes the tracker's weights to ship, from rendered people alone.

    python -m tools.make_tracker --store /scratch/tracker    # 75 minutes of one core; resumable

Runs the stages `track_data` and `track_train` of configs/tracker.toml, the training once more for the temporal part alone, and
writes `tml_tiny.safetensors` (named by the network; float16, its card in the header) and `card.json` into
`training/tracking/shipped/`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.config import load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store
from pipeline.unit import Reads
from smpl_assets.archive import write_json
from training.tracking.checkpoint import FILE, load_tracker, save_tracker
from training.tracking.start import WEIGHTS

SECOND = ("track.train.steps=6000", "track.train.temporal_last=1.0")
CONFIG = Path(__file__).resolve().parents[1] / "configs" / "tracker.toml"


def ship(folder: Path) -> Path:
    """Write the shipped files from a unit of `track_train`."""
    trained = load_tracker(folder / FILE)
    start = Path(trained.card.start).name  # whose place on this machine is nobody's business
    target = WEIGHTS / f"{trained.network.options.system}.safetensors"
    WEIGHTS.mkdir(exist_ok=True)
    save_tracker(target, trained.network, replace(trained.card, start=start), half=True)
    write_json(WEIGHTS / "card.json", json.loads((folder / "card.json").read_bytes()) | {"start": start})
    return target


def train(store: Path, changes: tuple[str, ...]) -> Path:
    """The folder of the trained network, made where it is not there yet."""
    command = [sys.executable, "-m", "pipeline", "run", "track_train", "--config", str(CONFIG), "--store", str(store)]
    subprocess.run([*command, *(f"--set={change}" for change in changes)], check=True)
    plan = Plan(load_config(CONFIG, list(changes)), Store(store), STAGES, FileDigests(store))
    return plan.directories(Reads("track_train", "tml"))[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, default=Path("store/tracker"))
    args = parser.parse_args()
    first = train(args.store, ())
    print(ship(train(args.store, (f'track.train.start="{first.absolute() / FILE}"', *SECOND))))


if __name__ == "__main__":
    main()
