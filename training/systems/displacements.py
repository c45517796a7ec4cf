"""How a network errs at each joint, kept while it learns, and drawn from afterwards."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

LEAST, FIRST = 0.01, 0.1  # share of a new batch in the average; deviation before anything is known, torso diameters


class Displacements(nn.Module):
    """Mean and covariance of the displacements of each joint, in torso diameters.

    They are averages over the training crops: of all that were seen, and from the hundredth batch on of the latest, since the
    network that errs is learning. Buffers, so a training that goes on has them. Computed in float32, under autocast too: a
    variance is a small difference of two squares.
    """

    mean: Tensor
    square: Tensor
    seen: Tensor

    def __init__(self, joints: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(joints, 2))
        self.register_buffer("square", torch.eye(2).repeat(joints, 1, 1) * FIRST**2)
        self.register_buffer("seen", torch.zeros(joints))

    @torch.no_grad()
    def note(self, displacements: Float[Tensor, "batch joints 2"], known: Bool[Tensor, "batch joints"]) -> None:
        """Take the displacements of a batch in; joints that nobody has stay as they are."""
        count = known.sum(0)
        some = count > 0
        off = torch.where(known[..., None], displacements.float(), 0.0)
        below = count.clamp(min=1)[:, None]
        mean = off.sum(0) / below
        square = (off[..., :, None] * off[..., None, :]).sum(0) / below[..., None]
        self.seen += some
        share = (1 / self.seen.clamp(min=1)).clamp(min=LEAST) * some
        self.mean += share[:, None] * (mean - self.mean)
        self.square += share[:, None, None] * (square - self.square)

    @property
    def covariance(self) -> Float[Tensor, "joints 2 2"]:
        """Of each joint's displacements."""
        return self.square - self.mean[:, :, None] * self.mean[:, None, :]

    def draw(self, count: int) -> Float[Tensor, "count joints 2"]:
        """Normal displacements, from torch's generator (the training seeds it at every step)."""
        spread = torch.linalg.cholesky(self.covariance + 1e-6 * torch.eye(2, device=self.mean.device))
        noise = torch.randn(count, *self.mean.shape, device=self.mean.device)
        return self.mean + (spread * noise[..., None, :]).sum(3)
