"""Looks: who wears what, made from a seed, and people dressed in them.

look = make_look(seed)                                        # static: textures and cuts, shareable between samples
layers = dress(body, pose, [look])[0]   # camera frame, ready for a Person of a scene
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import BodyModel, Topology
from smpl_assets.errors import StageError
from smpl_assets.scene import MeshLayer
from smpl_assets.textures.base_mesh import BASE_VERTICES
from smpl_assets.textures.outfit import Outfit, draw_outfit
from smpl_assets.textures.patches import get_patch
from smpl_assets.textures.tailor import LookLayer, make_layers, shown_faces

_SKIN_SUBSURFACE = 0.35


@dataclass(frozen=True)
class Look:
    """The static part of a dressed person: what to draw, without where.

    name: `look-SEED`, kept with the labels; layers: the skin first, then outwards; outfit: what was drawn from the seed,
    None for a plain texture.
    """

    name: str
    layers: tuple[LookLayer, ...]
    outfit: Outfit | None = None


def make_look(seed: int, gender_hint: float | None = None) -> Look:
    """A look from a seed (about 40 ms): skin, face, hair, garments, shoes.

    Args:
        seed: any integer; the same seed gives the same bytes.
        gender_hint: 0 male .. 1 female, what the body is shaped as; drawn where None.
    """
    outfit = draw_outfit(seed, gender_hint)
    return Look(f"look-{seed}", make_layers(outfit), outfit)


kept_look = lru_cache(maxsize=40)(make_look)  # looks are worn by several people


def plain_look(name: str, texture: UInt8[np.ndarray, "height width channels"]) -> Look:
    """A body that wears one image in its own UV layout (SURREAL-style textures, see textures.folder)."""
    return Look(name, (LookLayer("body", "body", texture, np.zeros(0, np.float32)),))


def dress(body: BodyModel, pose: BodyPose, looks: Sequence[Look]) -> list[list[MeshLayer]]:
    """The meshes of B dressed people, `looks[i]` on the i-th.

    `body` is AnnyBody(helpers=True), or any body with UVs for plain looks.

    Returns:
        Per person its layers, the skin first; faces, uvs and textures are the same arrays for every person of a look.

    Raises:
        StageError: the body has no UVs, or the looks need helper meshes that it lacks.
    """
    with torch.no_grad():
        posed = body(pose).vertices.cpu().numpy()
    return [layers_of(body, vertices, look) for vertices, look in zip(posed, looks, strict=True)]


def layers_of(body: BodyModel, posed: Float[np.ndarray, "vertices 3"], look: Look) -> list[MeshLayer]:
    """The layers of one person whose surface (helpers included) is posed already."""
    if body.topology is None:
        raise StageError(f"body '{body.name}' has no texture coordinates", "give the model's UV file: body.uv")
    layers = [_skin_layer(body, body.topology, posed, look.layers[0])]
    if len(look.layers) == 1:
        return layers
    rows = _base_rows(_helper_body(body))
    for layer in look.layers[1:]:
        patch = get_patch(layer.patch)
        vertices: np.ndarray = posed[rows[patch.vertices]]
        lift: np.ndarray | None = layer.lift
        if layer.forward is not None:  # a peak: lifted here, because it goes forward from where it was lifted to
            vertices = (
                vertices + patch.normals(vertices) * layer.lift[:, None] + layer.forward[:, None] * _head_forward(posed, rows)
            )
            lift = None
        mesh = (patch.faces, patch.uvs, patch.uv_faces, layer.texture, True, layer.roughness, layer.specular)
        layers.append(MeshLayer(layer.name, vertices, *mesh, lift=lift))
    return layers


def _skin_layer(body: BodyModel, topology: Topology, posed: np.ndarray, layer: LookLayer) -> MeshLayer:
    faces, uv_faces, count = topology.faces, topology.uv_faces, len(posed)
    if isinstance(body, AnnyBody):
        count = body.body_vertices
        faces, uv_faces = _shown(body, layer.hidden) if layer.hidden else (faces, uv_faces)
    return MeshLayer(
        layer.name, posed[:count], faces, topology.uvs, uv_faces, layer.texture, False, layer.roughness, layer.specular,
        subsurface=_SKIN_SUBSURFACE,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _shown(body: AnnyBody, hidden: tuple[str, ...]) -> tuple[Int[np.ndarray, "faces 3"], Int[np.ndarray, "faces 3"]]:
    """Faces and UV faces of the body without what these regions hide; the same arrays for every look that hides the same."""
    topology = body.topology
    rows = shown_faces(topology.faces, body.helper_geometry().base_index, hidden)
    return topology.faces[rows], topology.uv_faces[rows]


def _helper_body(body: BodyModel) -> AnnyBody:
    if not (isinstance(body, AnnyBody) and body.helpers):
        raise StageError(
            f"looks of the wardrobe dress AnnyBody(helpers=True), not body '{body.name}'",
            "render.textures = a folder of UV images",
        )
    return body


@lru_cache(maxsize=4)
def _base_rows(body: AnnyBody) -> Int[np.ndarray, " vertices"]:
    """Vertex number in the body's output of every vertex of the base mesh (-1: it has none)."""
    rows = np.full(BASE_VERTICES, -1, np.int64)
    index = body.helper_geometry().base_index
    rows[index] = np.arange(len(index))
    return rows


def _head_forward(posed: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Unit vector (3,) from the back of the head to the forehead."""
    back, front = (posed[rows[i]] for i in _head_axis())
    axis = front - back
    return axis / np.linalg.norm(axis)


@lru_cache(maxsize=1)
def _head_axis() -> tuple[int, int]:
    scalp = get_patch("scalp")
    ends = ([0.0, 0.80, -0.04], [0.0, 0.80, 0.14])
    back, front = (int(scalp.vertices[np.linalg.norm(scalp.points.position - e, axis=1).argmin()]) for e in ends)
    return back, front
