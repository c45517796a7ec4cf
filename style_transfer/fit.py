"""Training of U-GAT-IT: two generators against two pairs of discriminators, deterministic and resumable."""

from __future__ import annotations

import copy
import itertools
from collections import defaultdict
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from smpl_assets.checkpoints import Checkpoint
from smpl_assets.errors import StageError
from smpl_assets.seeds import derive_seed
from smpl_assets.work import Bench
from style_transfer.blocks import clip_rho
from style_transfer.losses import discriminator_loss, generator_losses, weighted
from style_transfer.matching import Batch, Sampler
from style_transfer.networks import DiscriminatorPair, Generator
from style_transfer.settings import TranslatorSettings

_LOG_POINTS = 200
# Settings that the training itself does not see.
_AFTERWARDS = {
    *("checkpoint_every", "strength", "detail", "drift_px", "min_structure", "jpeg_quality"),
    *("kid_features", "kid_weights", "kid_samples", "kid_subset", "kid_subsets"),
}
_STATE = ("iteration", "losses", "sums", "summed", "optimisers", "networks")


@dataclass
class Players:
    """Everything that trains: `to_photo` is the translator, the rest exists to teach it."""

    to_photo: Generator
    to_render: Generator
    judge_photo: DiscriminatorPair
    judge_render: DiscriminatorPair
    mean_to_photo: Generator  # running mean of to_photo's weights, or to_photo itself

    @classmethod
    def build(cls, settings: TranslatorSettings, seed: int, device: str) -> Players:
        """Fresh networks whose weights depend on `seed` alone; torch's global generator is left as it was."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed(seed, "networks"))
            to_photo, to_render = Generator(settings).to(device), Generator(settings).to(device)
            judges = DiscriminatorPair(settings).to(device), DiscriminatorPair(settings).to(device)
        mean = copy.deepcopy(to_photo).requires_grad_(False) if settings.average else to_photo
        return cls(to_photo, to_render, *judges, mean)

    def networks(self) -> dict[str, nn.Module]:
        """All networks by name."""
        names = ("to_photo", "to_render", "judge_photo", "judge_render", "mean_to_photo")
        return {n: getattr(self, n) for n in names}


class Trainer:
    """One training run; `losses` has a row per logged interval."""

    def __init__(self, players: Players, settings: TranslatorSettings, device: str) -> None:
        self.players, self.settings, self.device = players, settings, device
        self.generators = self._adam(players.to_photo, players.to_render)
        self.judges = self._adam(players.judge_photo, players.judge_render)
        self.iteration = 0
        self.losses: list[dict[str, float | int]] = []
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._summed = 0

    def _adam(self, *networks: nn.Module) -> torch.optim.Adam:
        parameters = itertools.chain(*(n.parameters() for n in networks))
        s = self.settings
        return torch.optim.Adam(list(parameters), s.lr, betas=s.betas, weight_decay=s.weight_decay)

    def step(self, batch: Batch) -> None:
        """One iteration: the discriminators, then the generators."""
        self._set_rate()
        figures = {}
        for _ in range(self.settings.discriminator_steps):
            figures["discriminator"] = self._step_judges(batch)
        figures.update(self._step_generators(batch))
        self.iteration += 1
        self._log(figures)

    def _set_rate(self) -> None:
        s = self.settings
        start = s.decay_from * s.iterations
        left = 1.0 if self.iteration < start else (s.iterations - self.iteration) / max(s.iterations - start, 1)
        for optimiser in (self.generators, self.judges):
            for group in optimiser.param_groups:
                group["lr"] = s.lr * left

    def _step_judges(self, batch: Batch) -> Tensor:
        p = self.players
        with torch.no_grad():
            fake_photo = p.to_photo(batch.rendered, batch.rendered_mask).image
            fake_render = p.to_render(batch.photographed, batch.photographed_mask).image
        loss = discriminator_loss(p.judge_photo, batch.photographed, fake_photo)
        loss = loss + discriminator_loss(p.judge_render, batch.rendered, fake_render)
        self.judges.zero_grad(set_to_none=True)
        (self.settings.weights.adversarial * loss).backward()
        self.judges.step()
        return loss.detach()

    def _step_generators(self, batch: Batch) -> dict[str, Tensor]:
        p = self.players
        for judge in (p.judge_photo, p.judge_render):
            judge.requires_grad_(False)
        losses = generator_losses(p.to_photo, p.to_render, p.judge_photo, p.judge_render, batch)
        total = weighted(losses, self.settings.weights)
        if not torch.isfinite(total):
            raise StageError(
                f"translator: the loss is {float(total.detach())} at iteration {self.iteration}", "a smaller translator.lr"
            )
        self.generators.zero_grad(set_to_none=True)
        total.backward()
        self.generators.step()
        for judge in (p.judge_photo, p.judge_render):
            judge.requires_grad_(True)
        for generator in (p.to_photo, p.to_render):
            clip_rho(generator)
        self._average()
        return {"generator": total.detach(), **{n: v.detach() for n, v in losses.items()}}

    @torch.no_grad()
    def _average(self) -> None:
        if self.settings.average:
            pairs = zip(self.players.mean_to_photo.parameters(), self.players.to_photo.parameters(), strict=True)
            for mean, now in pairs:
                mean.lerp_(now, 1 - self.settings.average)

    def _log(self, figures: dict[str, Tensor]) -> None:
        for name, value in figures.items():
            self._sums[name] += float(value)
        self._summed += 1
        every = max(self.settings.iterations // _LOG_POINTS, 1)
        if self.iteration % every == 0 or self.iteration == self.settings.iterations:
            self.losses.append({"iteration": self.iteration, **{n: v / self._summed for n, v in self._sums.items()}})
            self._sums.clear()
            self._summed = 0

    def recent_loss(self) -> float:
        """The generators' loss, mean of the iterations since the last point of the chart (at a point: that point)."""
        return self._sums["generator"] / self._summed if self._summed else self.losses[-1]["generator"]

    def state(self) -> dict:
        """All that resuming needs, as tensors and plain values."""
        return {  # see _STATE
            "iteration": self.iteration,
            "losses": self.losses,
            "sums": dict(self._sums),
            "summed": self._summed,
            "optimisers": [self.generators.state_dict(), self.judges.state_dict()],
            "networks": {n: network.state_dict() for n, network in self.players.networks().items()},
        }

    def load_state(self, state: dict) -> None:
        """Continue where `state` was taken."""
        self.iteration, self.losses, self._summed = state["iteration"], state["losses"], state["summed"]
        self._sums.update(state["sums"])
        for optimiser, saved in zip((self.generators, self.judges), state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        for name, network in self.players.networks().items():
            network.load_state_dict(state["networks"][name])


def fit(sampler: Sampler, settings: TranslatorSettings, bench: Bench) -> tuple[Generator, list[dict[str, float | int]]]:
    """Train, or go on from the checkpoint in `bench.scratch` where there is one; returns the translator and its losses.

    A checkpoint of other settings or another seed is not taken. Without a scratch folder none is written.
    """
    seed, device = bench.seed, bench.device
    identity = f"{settings.model_dump_json(exclude=_AFTERWARDS)} seed {seed}"
    checkpoint = Checkpoint(bench.scratch, "translator", identity, _STATE)
    trainer = Trainer(Players.build(settings, seed, device), settings, device)
    if (saved := checkpoint.found()) is not None:
        trainer.load_state(torch.load(saved, map_location=device, weights_only=True))
    while trainer.iteration < settings.iterations:
        batch = sampler(trainer.iteration)
        trainer.step(Batch(*(getattr(batch, n).to(device) for n in Batch.__dataclass_fields__)))
        bench.progress(trainer.iteration, settings.iterations, loss=trainer.recent_loss())
        if trainer.iteration % settings.checkpoint_every == 0:
            checkpoint.save(trainer.state())
    return trainer.players.mean_to_photo.eval(), trainer.losses
