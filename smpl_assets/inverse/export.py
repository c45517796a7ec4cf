"""Fitted bodies as mesh files for other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import trimesh

from smpl_assets.body.pose import BodyPose
from smpl_assets.body.protocol import BodyModel, BodyOutput
from smpl_assets.body.registry import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError
from smpl_assets.inverse.fits import Fits
from smpl_assets.progress import Progress, silent

_SKIN = np.array([205, 170, 145, 255], np.uint8)
_UP = np.diag([1.0, -1.0, -1.0])  # camera frame (y down, z forward) to what viewers expect (y up, z towards the viewer)


def pose_fits(fits: Fits, body: BodyModel) -> BodyOutput:
    """The fitted bodies, camera frame, m."""
    with torch.no_grad():
        return body(BodyPose.from_axis_angle(fits.bodies))


def export_fits(fits: Fits, body: BodySettings, out: Path, kind: str = "glb", progress: Progress = silent) -> list[Path]:
    """Write every accepted fit as `out/PERSON.glb` or `.obj`: metres, y up, the camera at the origin looking along -z.

    Raises:
        InputError: the fits are of another body, the kind is not known, or the body has no surface to write.
    """
    if kind not in ("glb", "obj"):
        raise InputError(f"fits can be exported as glb or obj, not as '{kind}'", "--kind glb")
    model = load_body(body)
    if fits.body != model.name:
        raise InputError(f"the fits are of the body '{fits.body}', not '{model.name}'", f"--set body.name={fits.body}")
    out.mkdir(parents=True, exist_ok=True)
    rows = np.flatnonzero(fits.accepted)
    written = []
    for done, row in enumerate(rows):
        one = fits.select(np.array([row]))
        vertices = pose_fits(one, model).vertices[0].numpy() @ _UP.T
        mesh = trimesh.Trimesh(vertices, faces_of(model), process=False, vertex_colors=np.tile(_SKIN, (len(vertices), 1)))
        path = out / f"{int(one.person[0]):06d}.{kind}"
        mesh.export(path)
        written.append(path)
        progress(done + 1, len(rows))
    return written


def faces_of(model: BodyModel) -> np.ndarray:
    """The body's faces (F, 3); InputError where it has none."""
    if model.topology is None:
        raise InputError(f"the body '{model.name}' has no topology: its UV file was not given", "--set body.uv=PATH")
    return model.topology.faces
