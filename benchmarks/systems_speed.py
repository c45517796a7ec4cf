"""How fast pose systems compute, how much memory a training step takes, and what RarePose adds to the bare network.

    python -m benchmarks.systems_speed [--systems cpn_tiny,hrnet_tiny] [--input 128 128] [--batch 32] [--json FILE]
    python -m benchmarks.systems_speed --published --batch 2 --turns 3 --json FILE    # every other system, published input sizes
    python -m benchmarks.systems_speed --bare --systems hrnet_w32,cpn_resnet50 --input 256 192 --batch 4

Each system in a process of its own: crops a second forward (in use) and in training (targets, losses, gradients, optimiser; in
the last phase where a system has several), medians over turns, parameters, and the most memory, in use and in training (what
the process took beyond its libraries, or what torch held of the GPU where there is one). FILE is written after each system.
`--bare`: in one process and in turns the training step of RarePose and that of the bare network (for HRNet timm's own body)
against fixed maps; the ratio is the median over pairs of turns. `--cpu-seconds` counts the seconds that a process computed, not
those that passed: for busy machines, with OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lightning.pytorch as pl
import timm
import torch
from torch import Tensor, nn

from pipeline.peak_memory import PeakMemory
from smpl_assets.archive import write_json
from smpl_assets.checkpoints import Checkpoint
from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Knobs
from training.feeds.feed import Batch
from training.loop.module import PoseModule
from training.loop.phases import enter
from training.loop.plan import Plan
from training.loop.precision import resolve_precision
from training.systems.build import build_model
from training.systems.pixels import normalise
from training.systems.system import PoseModel
from training.systems.table import SYSTEMS
from training.train_settings import TrainSettings

Clock = Callable[[], float]
Options = Mapping[str, Any]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SKELETON = get_skeleton("lsp14")


class Bench:
    """One system with a batch of noise."""

    def __init__(
        self, name: str, size_hw: tuple[int, int], batch: int, network: nn.Module | None = None, options: Options | None = None
    ) -> None:
        model = build_model(name, SKELETON, 0, Knobs(), options=options)
        self.phases = tuple(replace(phase, share=1.0) for phase in model.system.phases[-1:])
        system = replace(model.system, phases=self.phases)
        self.model = PoseModel(model.network if network is None else network, model.stages, SKELETON, system)
        self.model.network.to(DEVICE, memory_format=torch.channels_last)  # type: ignore[call-overload]
        generator, joints = torch.Generator().manual_seed(0), len(SKELETON)
        self.image = torch.randint(0, 255, (batch, *size_hw, 3), dtype=torch.uint8, generator=generator).to(DEVICE)
        points = (torch.rand(batch, 1, joints, 2, generator=generator) * torch.tensor(size_hw[::-1])).to(DEVICE)
        there = torch.ones(batch, 1, joints, dtype=torch.bool, device=DEVICE)
        self.batch = Batch(self.image, points, there, there, torch.ones(batch, device=DEVICE), torch.arange(batch), [""] * batch)
        settings = TrainSettings(network=name, input_size=size_hw)
        feed: Any = SimpleNamespace(settings=settings)
        self.module = PoseModule(self.model, feed, Plan(1, 1), Path(), Checkpoint(None, "", ""))
        self.trainer = pl.Trainer(
            accelerator="gpu" if DEVICE == "cuda" else "cpu", devices=1, logger=False, enable_checkpointing=False,
            enable_progress_bar=False,
        )  # fmt: skip
        self.module.trainer = self.trainer
        self.optimiser = torch.optim.AdamW(self.model.network.parameters(), 1e-3, fused=True)
        self.half = resolve_precision("auto", DEVICE) == "bf16-mixed"
        self.fixed: list[Tensor] = []

    def forward(self) -> None:
        """A batch in use."""
        self.model.network.eval()
        with torch.inference_mode(), torch.autocast(DEVICE, torch.bfloat16, enabled=self.half):
            self.model(normalise(self.image))

    def train(self) -> None:
        """RarePose's step."""
        self._step(lambda: self.module.training_step(self.batch, 0))

    def bare(self) -> None:
        """The network's step against maps that are always the same."""
        self._step(self._bare_loss)

    def _bare_loss(self) -> Tensor:
        outputs = self.model(normalise(self.image))
        self.fixed = self.fixed or [torch.zeros_like(output, dtype=torch.float32) for output in outputs]
        return torch.stack([((o.float() - t) ** 2).mean() for o, t in zip(outputs, self.fixed, strict=True)]).sum()

    def _step(self, loss: Callable[[], Tensor]) -> None:
        self.model.network.train()
        if self.phases:
            enter(self.model.network, self.phases[0])
        with torch.autocast(DEVICE, torch.bfloat16, enabled=self.half):
            value = loss()
        self.optimiser.zero_grad()
        value.backward()
        self.optimiser.step()


class TimmNet(nn.Module):
    """timm's HRNet as it comes, with a head."""

    def __init__(self) -> None:
        super().__init__()
        self.body = timm.create_model("hrnet_w32", features_only=True, feature_location="", out_indices=(1,))
        self.head = nn.Conv2d(32, len(SKELETON), 1)

    def forward(self, image: Tensor) -> tuple[Tensor]:
        """The one output."""
        return (self.head(self.body(image)[0]),)


def seconds(step: Callable[[], None], turns: int, clock: Clock = time.perf_counter) -> list[float]:
    """Of each turn."""
    found = []
    for _ in range(turns):
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        began = clock()
        step()
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        found.append(clock() - began)
    return found


def measure(
    name: str, size_hw: tuple[int, int], batch: int, turns: int, clock: Clock, options: Options | None = None
) -> dict[str, object]:
    """One system, in this process."""
    peak = PeakMemory()
    before = peak.mib()["process"]
    bench = Bench(name, size_hw, batch, options=options)
    forward, train = (batch / statistics.median(seconds(step, turns + 1, clock)[1:]) for step in (bench.forward, bench.train))
    most = peak.mib()
    memory = most.get("gpu", most["process"] - before)
    count = sum(p.numel() for p in bench.model.network.parameters())
    speeds = {"forward_per_s": round(forward, 1), "train_per_s": round(train, 1), "memory_mb": memory}
    return {"system": name, "parameters": count, **speeds}


def measured(
    name: str, size_hw: tuple[int, int], batch: int, turns: int, clock: Clock = time.perf_counter, options: Options | None = None
) -> dict[str, Any]:
    """The same in a process of its own."""
    size = [str(side) for side in size_hw]
    command = [sys.executable, "-m", "benchmarks.systems_speed", "--worker", "--systems", name, "--input", *size]
    command += ["--options", json.dumps(options or {})]
    command += ["--cpu-seconds"] if clock is time.process_time else []
    done = subprocess.run([*command, "--batch", str(batch), "--turns", str(turns)], check=True, stdout=subprocess.PIPE, text=True)
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return row


def published(name: str) -> tuple[int, int]:
    """The input size (height, width) a system was published with; where its preset has none, that of most of them."""
    height, width = SYSTEMS[name].preset.get("input_size", (256, 192))
    return height, width


def against_bare(
    name: str, size_hw: tuple[int, int], batch: int, turns: int, clock: Clock, options: Options | None = None
) -> dict[str, object]:
    """RarePose's step over the bare network's."""
    ours = Bench(name, size_hw, batch, options=options)
    other = Bench(name, size_hw, batch, TimmNet() if name == "hrnet_w32" else None, options)
    ours.train()
    other.bare()
    pairs = [(seconds(ours.train, 1, clock)[0], seconds(other.bare, 1, clock)[0]) for _ in range(turns)]
    mine, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return {"system": name, "step_s": round(mine, 3), "bare_s": round(bare, 3), "ratio": round(ratio, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", help="separated by commas; the tiny ones where nothing is said, all others with --published")
    parser.add_argument("--published", action="store_true", help="input sizes of the published presets, where there are some")
    parser.add_argument("--input", type=int, nargs=2, default=(128, 128))
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--options", type=json.loads, default={}, help="of the systems, as JSON")
    parser.add_argument("--cpu-seconds", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    how = measure if args.worker else against_bare if args.bare else measured
    rows, clock = [], time.process_time if args.cpu_seconds else time.perf_counter
    names = args.systems.split(",") if args.systems else [n for n in SYSTEMS.own if n.endswith("_tiny") != args.published]
    for name in names:
        size = published(name) if args.published else tuple(args.input)
        try:
            rows.append(how(name, size, args.batch, args.turns, clock, args.options) | {"input": size})
        except subprocess.CalledProcessError as error:
            rows.append({"system": name, "input": size, "failed": str(error.returncode)})  # -9: too little memory, mostly
        print(json.dumps(rows[-1]), flush=True)
        if args.json:
            write_json(args.json, {"device": DEVICE, "threads": torch.get_num_threads(), "batch": args.batch, "rows": rows})
    if any("failed" in row for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
