"""Trainings that find a checkpoint which is damaged, of another training, or wants something run.

Whatever they find, they refuse it in words or end with the weights of a training that was never interrupted.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import torch
from torch import Tensor

from smpl_assets.work import Bench
from style_transfer.domains import read_photographed, read_rendered
from style_transfer.fit import fit as fit_translator
from style_transfer.matching import Sampler
from tests.fuzz.case import Case
from tests.fuzz.tensors import spoil_torch
from tests.style_transfer.world import tiny, write_photographs, write_render
from tests.training.conftest import augmented
from tests.training.figures import make_people, make_scores, make_shard
from training.recipes import Row, recipe_of
from training.train_settings import TrainSettings
from training.train_stage import train_network

Weights = dict[str, Tensor]


class Stopped(Exception):
    """The training is interrupted here."""


@dataclass(frozen=True)
class Training:
    """run: (bench) -> weights. whole: those of an undisturbed run; checkpoint: name and bytes of what an interrupted one left."""

    run: Callable[[Bench], Weights]
    whole: Weights
    checkpoint: tuple[str, bytes]


@cache
def _root() -> Path:
    root = Path(tempfile.mkdtemp(prefix="rarepose-fuzz-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def _prepared(run: Callable[[Bench], Weights], stop_at: int, name: str) -> Training:
    out, scratch = _root() / f"{name}-out", _root() / f"{name}-scratch"
    out.mkdir()
    scratch.mkdir()
    whole = run(Bench(0, out))

    def stop(done: int, total: int, **figures: float) -> None:
        if done == stop_at:
            raise Stopped

    try:
        run(Bench(0, out, progress=stop, scratch=scratch))
    except Stopped:
        pass
    else:
        raise RuntimeError(f"{name}: the training was not interrupted")
    (left,) = (p for p in scratch.rglob("*") if p.is_file())
    return Training(run, whole, (left.relative_to(scratch).as_posix(), left.read_bytes()))


@cache
def networks() -> Training:
    """The pose network's (Lightning's checkpoint)."""
    root = _root() / "networks"
    table = make_people(root / "images", 16)
    shard = make_shard(root / "r0", table, [14, 15])
    world = augmented(table, root, make_scores(16, 2), {"render": [shard]})
    settings = TrainSettings(network="simple_tiny", input_size=(64, 64), epochs=3, batch_size=8, lr=3e-3)

    def run(bench: Bench) -> Weights:
        from safetensors.torch import load_file

        train_network(Row("", "baseline"), recipe_of("baseline"), world, settings, bench)
        return load_file(bench.out / "network.safetensors")

    return _prepared(run, 5, "networks-run")


@cache
def translators() -> Training:
    """The translator's."""
    root, settings = _root() / "translators", tiny(iterations=4)
    root.mkdir()
    shards, table = [write_render(root / "render", range(6))], write_photographs(root / "photos", 6)
    domains = (
        read_rendered(shards, table.skeleton, settings, 36, 100, 0),
        read_photographed(table, root / "photos", settings, 36, 100, 0),
    )

    def run(bench: Bench) -> Weights:
        return dict(fit_translator(Sampler(*domains, settings, 5), settings, bench)[0].state_dict())

    return _prepared(run, 3, "translators-run")


TRAININGS = {"networks": networks, "translators": translators}


def build(random: Random, folder: Path) -> Case:
    """A training that goes on from a spoilt checkpoint."""
    torch.set_num_threads(1)
    kind = random.choice(list(TRAININGS))
    training = TRAININGS[kind]()
    name, data = training.checkpoint
    done, harmless = [f"training of {kind}"], random.random() < 0.1
    if not harmless:
        for _ in range(random.choice((1, 1, 2))):
            data, what = spoil_torch(random, data, folder, {"state_dict": {}, "epoch": 1})
            done.append(what)
            if not what.startswith("byte"):
                break
    out, scratch = folder / "out", folder / "scratch"
    out.mkdir()
    (scratch / name).parent.mkdir(parents=True)
    (scratch / name).write_bytes(data)

    def judge(weights: Weights) -> list[str]:
        same = weights.keys() == training.whole.keys() and all(torch.equal(w, training.whole[n]) for n, w in weights.items())
        return [] if same else ["weights: other ones than those of an uninterrupted training"]

    return Case(done, lambda: training.run(Bench(0, out, scratch=scratch)), judge, harmless)
