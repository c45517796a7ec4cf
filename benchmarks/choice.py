"""Whom rarity, the error and both together choose, on real photographs: the long tail of benchmarks/rare_gain.py.

    python -m benchmarks.choice --data ../shared/data/lspet        # minutes on one core

3,000 usual people and 30 upside down. A good choice finds the 30, and few people whose annotation is suspect (rules of
`training.judging.mistakes`: limbs too long are left out by every rule, the others are counted here).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
from scipy.stats import spearmanr

from benchmarks.gain_rows import CONFIG
from pipeline.config import load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store
from pipeline.unit import Reads
from smpl_assets.pose_table import PoseTable
from training.cross_fit.choose import choose
from training.cross_fit.errors import ERRORS, PersonErrors
from training.cross_fit.settings import ByError
from training.judging.mistakes import MISTAKES, suspected_mistakes
from training.rarity.scores import RareScores

SHARES = (0.01, 0.02, 0.03)
LONG = next(iter(MISTAKES))


def rules(scores: RareScores, errors: PersonErrors, count: int) -> dict[str, np.ndarray]:
    """(N,) whom each rule chooses."""
    order = np.flatnonzero(errors.eligible)
    rarest = order[np.argsort(-scores.score[order], kind="stable")[:count]]
    found = {"rarity": np.isin(np.arange(len(scores)), rarest)}
    kinds = get_args(ByError)
    return found | {by: choose(by, scores.score, errors.error, errors.eligible, count).people for by in kinds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with joints.mat, images/ and lists/")
    parser.add_argument("--store", type=Path, default=Path("store/choice"))
    parser.add_argument("--set", action="append", default=[], help="a change of the configuration, as for rarepose run")
    asked = parser.parse_args()
    changes = ["rare_poses.by=both", "rare_poses.sweep=false", f"data.root={asked.data}", *asked.set]
    command = [sys.executable, "-m", "pipeline", "run", "choice", "-j", "1", "--config", str(CONFIG), "--store", str(asked.store)]
    subprocess.run([*command, *(f"--set={change}" for change in changes)], check=True)
    plan = Plan(load_config(CONFIG, changes), Store(asked.store), STAGES, FileDigests(asked.store))
    people, rare, choice = (plan.directories(Reads(*r))[0] for r in (("annotations", "train"), ("rare_poses",), ("choice",)))
    table, scores = PoseTable.load(people / "poses.npz"), RareScores.load(rare / "train.npz")
    errors = PersonErrors.load(choice / ERRORS)
    usual = set((asked.data / "lists/train_common.txt").read_text().split())
    inverted = np.array([Path(table.file_name(row)).name not in usual for row in range(len(table))])
    suspect = np.zeros(len(table), bool)
    suspect[np.concatenate([rows for why, rows in suspected_mistakes(table).items() if why != LONG])] = True
    known = errors.eligible
    print(f"{known.sum():,} of {len(table):,} people can be chosen, {inverted[known].sum()} of them upside down; {errors.metric}")
    quality = {kind: 1 - errors.error[rows & known].mean() for kind, rows in (("usual", ~inverted), ("upside down", inverted))}
    print("; ".join(f"{kind} {value:.3f}" for kind, value in quality.items()), end="; ")
    print(f"rank correlation {spearmanr(scores.score[known], errors.error[known]).statistic:.3f}")
    for share in SHARES:
        found = rules(scores, errors, round(share * known.sum()))
        for by, rows in found.items():
            line = {"share": share, "by": by, "chosen": int(rows.sum()), "upside down": int((rows & inverted).sum())}
            line |= {"also by rarity": int((rows & found["rarity"]).sum()), "suspect": int((rows & suspect).sum())}
            line |= {
                "error": round(float(errors.error[rows].mean()), 3),
                "joints": round(float(table.annotated[rows].sum(1).mean()), 1),
            }
            print(json.dumps(line))
    print(f"suspect among all: {suspect[known].mean():.1%}; joints annotated: {table.annotated[known].sum(1).mean():.1f}")


if __name__ == "__main__":
    main()
