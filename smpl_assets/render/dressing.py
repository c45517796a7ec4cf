"""What people wear: looks drawn per sample."""

from __future__ import annotations

import numpy as np

from smpl_assets.body.protocol import BodyModel
from smpl_assets.errors import InputError
from smpl_assets.scene import MeshLayer


class PlainDresser:
    """Every body in one even skin colour drawn from the seed."""

    def __init__(self, body: BodyModel) -> None:
        if body.topology is None:
            raise InputError(f"body '{body.name}' has no texture coordinates", "name its UV file: body.uv")
        self.topology = body.topology
        self._faces = np.ascontiguousarray(self.topology.faces, np.int32)
        self._uv_faces = np.ascontiguousarray(self.topology.uv_faces, np.int32)
        self._uvs = np.ascontiguousarray(self.topology.uvs, np.float32)
        self._textures: dict[int, np.ndarray] = {}

    def dress(self, vertices: np.ndarray, seed: int) -> tuple[list[MeshLayer], str]:
        """The layers of one person and the name of its look."""
        tone = seed % 16
        if tone not in self._textures:
            colour = (np.array([236, 190, 165]) * (1 - 0.72 * tone / 15)).astype(np.uint8)
            self._textures[tone] = np.full((64, 64, 3), colour, np.uint8)
        skin = np.ascontiguousarray(vertices[: int(self._faces.max()) + 1], np.float32)
        layer = MeshLayer("skin", skin, self._faces, self._uvs, self._uv_faces, self._textures[tone], False, 0.6, 0.035, 0.8)
        return [layer], f"plain:{tone}"
