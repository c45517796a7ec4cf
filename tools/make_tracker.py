"""Makes the tracker's weights to ship, from rendered people alone.

    python -m tools.make_tracker --store /scratch/tracker    # an hour of one core; resumable

Runs the stages `track_data` and `track_train` of configs/tracker.toml and writes `tml_tiny.safetensors` (named by the network;
float16, its card in the header) and `card.json` into `training/tracking/shipped/`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from pipeline.config import load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store
from pipeline.unit import Reads
from training.tracking.checkpoint import FILE, load_tracker, save_tracker
from training.tracking.start import WEIGHTS

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "tracker.toml"


def ship(folder: Path) -> Path:
    """Write the shipped files from a unit of `track_train`."""
    trained = load_tracker(folder / FILE)
    target = WEIGHTS / f"{trained.network.options.system}.safetensors"
    WEIGHTS.mkdir(exist_ok=True)
    save_tracker(target, trained.network, trained.card, half=True)
    (WEIGHTS / "card.json").write_bytes((folder / "card.json").read_bytes())
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, default=Path("store/tracker"))
    args = parser.parse_args()
    command = [sys.executable, "-m", "pipeline", "run", "track_train", "--config", str(CONFIG), "--store", str(args.store)]
    subprocess.run(command, check=True)
    plan = Plan(load_config(CONFIG), Store(args.store), STAGES, FileDigests(args.store))
    print(ship(plan.directories(Reads("track_train", "tml"))[0]))


if __name__ == "__main__":
    main()
