"""SMPL, SMPL-H and SMPL-X model files and UV templates, read and checked."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from smpl_assets.body.protocol import Topology
from smpl_assets.body.unpickle import read_pickle
from smpl_assets.errors import InputError

SHAPE_SIZE = 10
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
        stem = {"smpl": "SMPL", "smplh": "SMPLH", "smplx": "SMPLX"}[kind]
        names = [f"{stem}_{sex}.{end}" for sex in ("NEUTRAL", "MALE", "FEMALE") for end in ("npz", "pkl")]
        found = [path / n for n in names if (path / n).is_file()]
        if not found:
            raise InputError(f"{path}: no {stem}_NEUTRAL.pkl or .npz in this folder", "set body.model to the file")
        return found[0]
    if not path.is_file():
        raise InputError(f"{path}: no such file (body.model)", "set body.model to SMPL's .pkl or .npz")
    return path


def read_model(kind: str, path: Path) -> SmplArrays:
    """Read and check a model file; InputError naming the array, the rule and the shape found."""
    layout = LAYOUTS[kind]
    raw = _npz(path) if path.suffix.lower() == ".npz" else read_pickle(path)
    vertices, joints = layout.vertices, layout.joints
    template = _get(raw, path, "v_template", (vertices, 3), f"{kind} has {vertices} vertices")
    shapedirs = _get(raw, path, "shapedirs", (vertices, 3, None), "one column per shape component")
    if shapedirs.shape[2] < 1:
        raise InputError(f"{path}: shapedirs has no shape component", _NEXT)
    parents = _parents(raw, path, joints)
    arrays = SmplArrays(
        v_template=template, shapedirs=shapedirs[:, :, :SHAPE_SIZE],
        posedirs=_get(raw, path, "posedirs", (vertices, 3, 9 * (joints - 1)), f"9 columns for each of {joints - 1} joints"),
        joint_regressor=_get(raw, path, "J_regressor", (joints, vertices), f"{kind} has {joints} joints"),
        weights=_get(raw, path, "weights", (vertices, joints), "one column per joint"), parents=parents,
        faces=_faces(raw, path, vertices), digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip
    if not np.allclose(arrays.weights.sum(1), 1.0, atol=1e-3):
        raise InputError(f"{path}: skinning weights do not add up to 1", _NEXT)
    return arrays


def _npz(path: Path) -> dict[str, Any]:
    names = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {n: file[n] for n in names if n in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a readable .npz of plain arrays ({error})", _NEXT) from error


def _get(raw: dict[str, Any], path: Path, name: str, shape: tuple[int | None, ...], rule: str) -> np.ndarray:
    if not isinstance(raw.get(name), np.ndarray):
        raise InputError(f"{path}: array '{name}' is missing", _NEXT)
    array = raw[name]
    if array.ndim != len(shape) or any(want is not None and have != want for have, want in zip(array.shape, shape, strict=True)):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise InputError(f"{path}: '{name}' has shape {array.shape}, ({wanted}) expected: {rule}", _NEXT)
    array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise InputError(f"{path}: '{name}' holds NaN or infinite numbers", _NEXT)
    return array


def _parents(raw: dict[str, Any], path: Path, joints: int) -> np.ndarray:
    table = raw.get("kintree_table")
    if not isinstance(table, np.ndarray) or table.shape != (2, joints):
        raise InputError(f"{path}: 'kintree_table' of shape (2, {joints}) expected", _NEXT)
    parents = table[0].astype(np.int64)
    parents[0] = 0
    if (parents < 0).any() or (parents[1:] >= np.arange(1, joints)).any():
        raise InputError(f"{path}: 'kintree_table' does not list parents before their children", _NEXT)
    return parents


def _faces(raw: dict[str, Any], path: Path, vertices: int) -> np.ndarray:
    faces = raw.get("f")
    if not isinstance(faces, np.ndarray) or faces.ndim != 2 or faces.shape[1] != 3 or not len(faces):
        raise InputError(f"{path}: 'f' (faces) of shape (F, 3) expected", _NEXT)
    if int(faces.max()) >= vertices:
        raise InputError(f"{path}: a face names vertex {int(faces.max())}, there are {vertices}", _NEXT)
    return faces.astype(np.int64)


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
        raise InputError(f"{path}: not a readable .obj ({type(error).__name__}: {error})", "check body.uv") from error
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
