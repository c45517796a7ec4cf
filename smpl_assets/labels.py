"""Labels of synthetic samples: exact keypoints, boxes, segmentation, and how the sample was made."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from pycocotools import mask as coco_mask

from smpl_assets.errors import StageError
from smpl_assets.skeletons import Skeleton

SEEN, HIDDEN, OUTSIDE = 2, 1, 0


@dataclass(frozen=True)
class SampleLabel:
    """Everything known about one synthetic image.

    keypoints: (J, 3) as x, y in continuous px and v: 2 seen, 1 hidden but in the frame (with coordinates), 0 outside (0, 0, 0).
    bbox, bbox_amodal: xywh of the visible pixels, and of the whole body clipped to nothing.
    segmentation: COCO run-length encoding {"size": [H, W], "counts": str} of the visible pixels; area: their number.
    keypoints_3d: (J, 3) metres, camera frame. body: axis-angle `global_orient` (3,), `body_pose` (23, 3), `shape`, `transl` (m).
    intrinsics: fx, fy, cx, cy in px of this image. others: the same kind of entries for other people in the image.
    drift_px, kept, kept_reason: set by the translation.
    """

    sample_id: int
    source_person: int
    source_annotation: str
    width: int
    height: int
    keypoints: list[list[float | int]]
    bbox: list[float]
    bbox_amodal: list[float]
    segmentation: dict[str, Any]
    area: float
    keypoints_3d: list[list[float]]
    body: dict[str, Any]
    intrinsics: list[float]
    texture: str
    background: str
    seed: int
    others: list[dict[str, Any]] = field(default_factory=list)
    drift_px: float | None = None
    kept: bool | None = None
    kept_reason: str | None = None

    @property
    def name(self) -> str:
        """The 12-digit stem of the sample's files."""
        return f"{self.sample_id:012d}"

    def to_json(self) -> dict[str, Any]:
        """Plain values; what translation has not set is left out."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {k: v for k, v in values.items() if v is not None}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> SampleLabel:
        """Inverse of `to_json`; StageError if a field is missing or unknown."""
        try:
            return cls(**values)
        except TypeError as error:
            raise StageError(
                f"labels: entry {values.get('sample_id')} is no sample label ({error})", "rarepose verify"
            ) from error


@dataclass(frozen=True)
class SampleLabels:
    """The labels of a shard."""

    skeleton: str
    body: str
    samples: tuple[SampleLabel, ...]

    def save(self, path: Path) -> None:
        """Write `labels.json`, sorted by sample id."""
        from smpl_assets.label_writer import LabelWriter

        with LabelWriter(path, self.skeleton, self.body) as writer:
            for sample in self.samples:
                writer.add(sample)

    @classmethod
    def load(cls, path: Path) -> SampleLabels:
        """Read `labels.json`; StageError if it is not one."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            samples = tuple(SampleLabel.from_json(s) for s in values["samples"])
            return cls(values["skeleton"], values["body"], samples)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StageError(f"{path}: not a label file ({error})", "rarepose verify") from error


def coco_keypoints(
    points: Float[np.ndarray, "keypoints 2"], in_frame: Bool[np.ndarray, " keypoints"], seen: Bool[np.ndarray, " keypoints"]
) -> list[list[float | int]]:
    """COCO triples in continuous px: v = 2 seen, 1 hidden in the frame with its coordinates, 0 outside as (0, 0, 0)."""
    places = np.where(in_frame[:, None], points, 0.0).astype(np.float64).round(3).tolist()
    flags = np.where(in_frame, np.where(seen, SEEN, HIDDEN), OUTSIDE).tolist()
    return [[x, y, v] for (x, y), v in zip(places, flags, strict=True)]


def run_length(mask: Bool[np.ndarray, "height width"]) -> dict[str, Any]:
    """COCO run-length encoding of a mask, counts as a str."""
    code = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": [int(n) for n in code["size"]], "counts": code["counts"].decode("ascii")}


def decode_mask(segmentation: dict[str, Any]) -> Bool[np.ndarray, "height width"]:
    """Inverse of `run_length`."""
    found: np.ndarray = coco_mask.decode({"size": segmentation["size"], "counts": segmentation["counts"].encode("ascii")})
    return found.astype(bool)


def flip_label(label: SampleLabel, skeleton: Skeleton) -> SampleLabel:
    """The label of the mirrored image; body parameters are mirrored too (SMPL's left-right swap), twice is the identity."""
    order, width = list(skeleton.flip), label.width
    points = [label.keypoints[k] for k in order]
    keypoints = [[width - x if v else x, y, v] for x, y, v in points]
    spatial = [[-x, y, z] for x, y, z in (label.keypoints_3d[k] for k in order)]
    mask = decode_mask(label.segmentation)[:, ::-1]
    fx, fy, cx, cy = label.intrinsics
    return dataclasses.replace(
        label,
        keypoints=keypoints,
        keypoints_3d=spatial,
        bbox=_mirror_box(label.bbox, width),
        bbox_amodal=_mirror_box(label.bbox_amodal, width),
        segmentation=run_length(mask),
        intrinsics=[fx, fy, width - cx, cy],
        body=mirror_body(label.body),
    )


def _mirror_box(box: list[float], width: int) -> list[float]:
    return [width - box[0] - box[2], box[1], box[2], box[3]] if box[2] else list(box)


_SMPL_SWAP = (1, 0, 2, 4, 3, 5, 7, 6, 8, 10, 9, 11, 13, 12, 14, 16, 15, 18, 17, 20, 19, 22, 21)


def mirror_body(body: dict[str, Any]) -> dict[str, Any]:
    """Body parameters of the mirrored person: swap left and right, negate two components of each axis-angle."""
    pose = [body["body_pose"][k] for k in _SMPL_SWAP]
    x, y, z = body["transl"]
    return {
        **body,
        "global_orient": _mirror_turn(body["global_orient"]),
        "body_pose": [_mirror_turn(turn) for turn in pose],
        "transl": [-x, y, z],
    }


def _mirror_turn(turn: list[float]) -> list[float]:
    return [turn[0], -turn[1], -turn[2]]
