"""The pose prior: a mixture of Gaussians over the pool's body rotations, with heavy tails, since rare poses are what we fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from safetensors.torch import load_file, save_file
from torch import Tensor

from smpl_assets.body.protocol import BODY_ROTATIONS
from smpl_assets.errors import StageError
from smpl_assets.seeds import derive_seed

DIMENSIONS = BODY_ROTATIONS * 3
FLOOR_RAD = 0.05  # no direction is held tighter than this
TAIL = 40.0  # degrees of freedom: from here on, a pose farther out costs ever less


@dataclass(frozen=True)
class PosePrior:
    """C Gaussians over 69 axis-angle components (rad): log_weights (C,), means (C, 69), precisions (C, 69, 69)."""

    log_weights: Float[Tensor, " components"]
    means: Float[Tensor, "components 69"]
    precisions: Float[Tensor, "components 69 69"]

    def squared(self, pose: Float[Tensor, "batch 69"]) -> Float[Tensor, "batch components"]:
        """Squared Mahalanobis distance to every component."""
        away = pose[:, None] - self.means
        return torch.einsum("bcd,cde,bce->bc", away, self.precisions, away)

    def nearest(self, pose: Float[Tensor, "batch 69"]) -> Int64[Tensor, " batch"]:
        """The component that most likely made each pose."""
        half_log_det = torch.linalg.slogdet(self.precisions)[1] / 2
        return (self.log_weights + half_log_det - self.squared(pose) / 2).argmax(1)

    def surprise(self, pose: Float[Tensor, "batch 69"]) -> Float[Tensor, " batch"]:
        """Distance to the nearest component per square root of dimension: about 1 for poses like the pool's."""
        return (self.squared(pose).amin(1) / DIMENSIONS).clamp(min=0).sqrt()

    def save(self, path: Path) -> None:
        """Write as safetensors."""
        save_file({name: getattr(self, name).contiguous() for name in ("log_weights", "means", "precisions")}, path)

    @classmethod
    def load(cls, path: Path) -> PosePrior:
        """Read what `save` wrote; StageError where the file is not a prior."""
        try:
            prior = cls(**load_file(path))
            count = len(prior.log_weights)
            if prior.means.shape != (count, DIMENSIONS) or prior.precisions.shape != (count, DIMENSIONS, DIMENSIONS):
                raise ValueError(f"means {tuple(prior.means.shape)}, precisions {tuple(prior.precisions.shape)}")
            return prior
        except Exception as error:
            raise StageError(f"{path}: not a pose prior ({error})", "rarepose run inverse --force inverse") from error


def learn_prior(poses: Float[Tensor, "poses 69"], components: int, seed: int) -> PosePrior:
    """Fit the mixture to axis-angle poses (rad); every variance gets FLOOR_RAD squared on top."""
    from sklearn.mixture import GaussianMixture

    count = min(components, max(1, len(poses) // (2 * DIMENSIONS)))
    mixture = GaussianMixture(
        count, reg_covar=FLOOR_RAD**2, max_iter=60, tol=1e-2, random_state=derive_seed(seed, "prior") % 2**32
    )
    mixture.fit(poses.double().numpy())
    precisions = mixture.precisions_cholesky_ @ mixture.precisions_cholesky_.transpose(0, 2, 1)
    parts = (np.log(mixture.weights_), mixture.means_, precisions)
    return PosePrior(*(torch.from_numpy(np.ascontiguousarray(part, dtype=np.float32)) for part in parts))
