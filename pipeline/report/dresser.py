"""Draws fitted bodies over photographs and from the side."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from smpl_assets.body.protocol import BodyOutput, Topology
from smpl_assets.inverse.fits import Fits
from smpl_assets.inverse.overlay import cut_out, draw_mesh, draw_side
from smpl_assets.rotations import matrix_from_axis_angle


@runtime_checkable
class Surface(Protocol):
    """As much of a BodyModel as drawing needs."""

    shape_size: int
    topology: Topology | None

    def __call__(
        self,
        global_orient: Float[Tensor, "batch 3 3"],
        body_pose: Float[Tensor, "batch 23 3 3"],
        shape: Float[Tensor, "batch shape"],
        transl: Float[Tensor, "batch 3"],
    ) -> BodyOutput:
        """The posed mesh in the camera frame, m."""
        ...


class Dresser:
    """Draws bodies of one model over photographs and from the side."""

    def __init__(self, body: Surface, tile: int) -> None:
        if body.topology is None:
            self.faces = np.zeros((0, 3), np.int64)
        else:
            self.faces = np.asarray(body.topology.faces)
        self.body = body
        self.tile = tile

    def vertices(self, fits: Fits, row: int) -> np.ndarray:
        """(V, 3) m in the camera frame, of one fitted person."""
        at = slice(row, row + 1)
        return self.posed(fits.global_orient[at], fits.body_pose[at], fits.shape[at], fits.transl[at])[0]

    def posed(self, orient: np.ndarray, pose: np.ndarray, shape: np.ndarray, transl: np.ndarray) -> np.ndarray:
        """(B, V, 3) m in the camera frame; rotations are axis-angle (B, 3) and (B, 23, 3)."""
        turns = [matrix_from_axis_angle(torch.as_tensor(v, dtype=torch.float32)) for v in (orient, pose)]
        with torch.no_grad():
            rest = [torch.as_tensor(v, dtype=torch.float32) for v in (shape, transl)]
            return self.body(*turns, *rest).vertices.double().numpy()

    def over(self, photo: np.ndarray, fits: Fits, row: int) -> np.ndarray:
        """The fitted mesh over its square crop of the photograph."""
        cut, intrinsics, _ = cut_out(photo, fits.intrinsics[row].astype(float), fits.crop_xywh[row].astype(float), self.tile)
        return draw_mesh(cut, self.vertices(fits, row), self.faces, intrinsics)

    def side(self, fits: Fits, row: int) -> np.ndarray:
        """The same body turned by a right angle."""
        return draw_side(self.vertices(fits, row), self.faces, self.tile)
