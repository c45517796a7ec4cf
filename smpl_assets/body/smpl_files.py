"""SMPL, SMPL-H and SMPL-X model files and UV templates, read and checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from smpl_assets.body.protocol import Topology
from smpl_assets.body.records import array_of
from smpl_assets.body.unpickle import Refused, load_records, read_pickle
from smpl_assets.errors import InputError
from smpl_assets.file_kind import cannot_be_read
from smpl_assets.npz_file import ByteStream, is_zip, read_npz

SHAPE_SIZE = 10
NAMES = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
_WANTED = "a body model (.npz or .pkl)"
_NEXT = "docs/bodies.md says which files are read and where they come from"


@dataclass(frozen=True)
class Layout:
    """What a kind of model looks like: vertices, joints, and the joints that SMPL's `left_hand` and `right_hand` stand for."""

    vertices: int
    joints: int
    body_joints: int
    knuckles: tuple[tuple[int, ...], tuple[int, ...]]  # first joints of the four fingers, index first (SMPL: the hand itself)


LAYOUTS: dict[str, Layout] = {
    "smpl": Layout(6890, 24, 24, ((22,), (23,))),
    "smplh": Layout(6890, 52, 22, ((25, 22, 28, 31), (40, 37, 43, 46))),
    "smplx": Layout(10475, 55, 22, ((28, 25, 31, 34), (43, 40, 46, 49))),
}


@dataclass(frozen=True)
class SmplArrays:
    """A model file's arrays, float32.

    v_template: (V, 3) m; shapedirs: (V, 3, S); posedirs: (V, 3, 9 (J - 1)); joint_regressor: (J, V); weights: (V, J); parents:
        (J,), the
    root's is 0; faces: (F, 3); digest: SHA-256 of the file.
    """

    v_template: Float[np.ndarray, "vertices 3"]
    shapedirs: Float[np.ndarray, "vertices 3 shapes"]
    posedirs: Float[np.ndarray, "vertices 3 correctives"]
    joint_regressor: Float[np.ndarray, "joints vertices"]
    weights: Float[np.ndarray, "vertices joints"]
    parents: Int[np.ndarray, " joints"]
    faces: Int[np.ndarray, "faces 3"]
    digest: str


def find_model(kind: str, model: str) -> Path:
    """The model file that `body.model` means: the file itself, or the neutral one in a folder (then male, female)."""
    if not model:
        raise InputError(f"body '{kind}' needs its model file: body.model is empty", "set body.model to SMPL's .pkl or .npz")
    path = Path(model).expanduser()
    if path.is_dir():
        stem = kind.upper()
        names = [f"{stem}_{sex}.{end}" for sex in ("NEUTRAL", "MALE", "FEMALE") for end in ("npz", "pkl")]
        found = [folder / n for folder in (path, path / kind) for n in names if (folder / n).is_file()]
        if not found:
            there = sorted(p.name for p in path.iterdir())
            what = f"{path}: no {stem}_NEUTRAL.pkl or .npz in this folder, which holds {', '.join(there[:5]) or 'nothing'}"
            raise InputError(what, "set body.model to the file")
        return found[0]
    if not path.is_file():
        raise InputError(f"{path}: no such file (body.model)", "set body.model to SMPL's .pkl or .npz")
    return path


def read_model(kind: str, path: Path) -> SmplArrays:
    """Read and check a model file; InputError naming the array, the rule and the shape found."""
    layout = LAYOUTS[kind]
    raw = _Raw.read(path)
    vertices, joints = layout.vertices, layout.joints
    template = raw.get("v_template", (vertices, 3), f"{kind} has {vertices} vertices")
    shapedirs = raw.get("shapedirs", (vertices, 3, None), "one column per shape component")
    if shapedirs.shape[2] < 1:
        raise InputError(f"{path}: shapedirs has no shape component", _NEXT)
    arrays = SmplArrays(
        v_template=template, shapedirs=shapedirs[:, :, :SHAPE_SIZE],
        posedirs=raw.get("posedirs", (vertices, 3, 9 * (joints - 1)), f"9 columns for each of {joints - 1} joints"),
        joint_regressor=raw.get("J_regressor", (joints, vertices), f"{kind} has {joints} joints"),
        weights=raw.get("weights", (vertices, joints), "one column per joint"), parents=_parents(raw, joints),
        faces=_faces(raw, vertices), digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip
    if not np.allclose(arrays.weights.sum(1), 1.0, atol=1e-3):
        raise InputError(f"{path}: skinning weights do not add up to 1", _NEXT)
    return arrays


@dataclass(frozen=True)
class _Raw:
    """A model file as it is: its arrays, and `listing`, all that it holds, for errors."""

    path: Path
    arrays: dict[str, Any]
    listing: str

    @classmethod
    def read(cls, path: Path) -> _Raw:
        """By content: .npz is a zip archive, whatever its name ends in."""
        if is_zip(path):
            arrays, listing = read_npz(path, NAMES, _WANTED, _NEXT, lambda file: _unwrapped(file, path))
            return cls(path, arrays, listing)
        raw = read_pickle(path, NAMES)
        return cls(path, raw, ", ".join(f"{n} {np.shape(v)}" for n, v in sorted(raw.items())))

    def any(self, name: str, wanted: str) -> np.ndarray:
        """An array of numbers of any shape."""
        array = self.arrays.get(name)
        if not isinstance(array, np.ndarray):
            raise InputError(f"{self.path}: array '{name}' is missing, {wanted} expected; there is {self.listing}", _NEXT)
        return array

    def get(self, name: str, shape: tuple[int | None, ...], rule: str) -> np.ndarray:
        """An array of a given shape (None: any length), finite, float32."""
        wanted = f"({', '.join('any' if n is None else str(n) for n in shape)})"
        array = self.any(name, wanted)
        if array.ndim != len(shape) or any(
            want is not None and have != want for have, want in zip(array.shape, shape, strict=True)
        ):
            raise InputError(f"{self.path}: '{name}' has shape {array.shape}, {wanted} expected: {rule}", _NEXT)
        array = array.astype(np.float32)
        if not np.isfinite(array).all():
            raise InputError(f"{self.path}: '{name}' holds NaN or infinite numbers", _NEXT)
        return array


def _unwrapped(file: ByteStream, path: Path) -> np.ndarray:
    """An array of Python objects in a .npz: chumpy's or SciPy's, wrapped by np.savez."""
    try:
        return array_of(load_records(file))
    except Refused as error:
        raise InputError(f"{path}: an array of objects wants {error}, which is not data; nothing was run", _NEXT) from None
    except Exception as error:  # a damaged pickle can fail in any way
        raise InputError(f"{path}: an array of objects is damaged ({type(error).__name__}: {error})", _NEXT) from error


def _parents(raw: _Raw, joints: int) -> np.ndarray:
    table = raw.any("kintree_table", f"(2, {joints})")
    if table.shape != (2, joints):
        raise InputError(f"{raw.path}: 'kintree_table' has shape {table.shape}, (2, {joints}) expected", _NEXT)
    parents = table[0].astype(np.int64)
    parents[0] = 0
    if (parents < 0).any() or (parents[1:] >= np.arange(1, joints)).any():
        raise InputError(f"{raw.path}: 'kintree_table' does not list parents before their children", _NEXT)
    return parents


def _faces(raw: _Raw, vertices: int) -> np.ndarray:
    faces = raw.any("f", "(F, 3)")
    if faces.ndim != 2 or faces.shape[1] != 3 or not len(faces):
        raise InputError(f"{raw.path}: 'f' (faces) has shape {faces.shape}, (F, 3) expected", _NEXT)
    faces = faces.astype(np.int64)
    if int(faces.max()) >= vertices or int(faces.min()) < 0:
        worst = int(faces.max()) if int(faces.max()) >= vertices else int(faces.min())
        raise InputError(f"{raw.path}: a face names vertex {worst}, there are {vertices}", _NEXT)
    return faces


def read_uv(path: Path, arrays: SmplArrays) -> Topology:
    """Faces and texture coordinates of a UV template (.obj); its vertices must be numbered as the model's.

    Raises InputError if it cannot be read, has no texture coordinates, or another vertex count or faces than the model.
    """
    import trimesh

    plain: Any
    split: Any
    try:
        plain = trimesh.load(path, process=False, maintain_order=True, force="mesh")
        split = trimesh.load(path, process=False, force="mesh")
    except Exception as error:  # trimesh raises whatever its parsers do
        raise cannot_be_read(path, "a readable .obj", f"{type(error).__name__}: {error}", "check body.uv") from error
    uvs = getattr(split.visual, "uv", None)
    if uvs is None or not len(uvs):
        raise InputError(f"{path}: the .obj has no texture coordinates", "body.uv wants SMPL's UV template (smpl_uv.obj)")
    faces, uv_faces = np.asarray(plain.faces), np.asarray(split.faces)
    if len(plain.vertices) != len(arrays.v_template) or len(faces) != len(uv_faces):
        raise InputError(
            f"{path}: {len(plain.vertices)} vertices, the model has {len(arrays.v_template)}", "take the model's own UV template"
        )
    if {tuple(sorted(f)) for f in faces.tolist()} != {tuple(sorted(f)) for f in arrays.faces.tolist()}:
        raise InputError(f"{path}: its faces are not the model's", "take the model's own UV template")
    uvs = np.clip(np.asarray(uvs, dtype=np.float64), 0.0, 1.0)
    return Topology(faces.astype(np.int64), uvs.astype(np.float32), uv_faces.astype(np.int64))
