"""Draws fitted bodies over photographs and from the side."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import BodyModel
from smpl_assets.inverse.fits import Fits
from smpl_assets.inverse.overlay import cut_out, draw_mesh, draw_side


class Dresser:
    """Draws bodies of one model over photographs and from the side."""

    def __init__(self, body: BodyModel, tile: int) -> None:
        if body.topology is None:
            self.faces = np.zeros((0, 3), np.int64)
        else:
            self.faces = np.asarray(body.topology.faces)
        self.body = body
        self.tile = tile

    def vertices(self, bodies: BodyParameters) -> Float[np.ndarray, "batch vertices 3"]:
        """Posed bodies, m in the camera frame."""
        with torch.no_grad():
            return self.body(BodyPose.from_axis_angle(bodies)).vertices.double().numpy()

    def over(self, photo: np.ndarray, fits: Fits, row: int) -> np.ndarray:
        """The fitted mesh over its square crop of the photograph."""
        cut, intrinsics, _ = cut_out(photo, fits.intrinsics[row].astype(float), fits.crop_xywh[row].astype(float), self.tile)
        return draw_mesh(cut, self.vertices(fits.bodies.select(slice(row, row + 1)))[0], self.faces, intrinsics)

    def side(self, fits: Fits, row: int) -> np.ndarray:
        """The same body turned by a right angle."""
        return draw_side(self.vertices(fits.bodies.select(slice(row, row + 1)))[0], self.faces, self.tile)
