"""People that a model found on images without labels, as a PoseTable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int64

from smpl_assets.errors import InputError
from smpl_assets.pictures import BadImage, read_header
from smpl_assets.pose_table import ImageTable, PoseTable
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from training.datasets.files import load_json, require_list
from training.datasets.identity import Identity, identity
from training.datasets.image_entries import given_size
from training.datasets.image_folder import ImageFolder
from training.judging.album import Album
from training.judging.results import Results, read_coco_results
from training.judging.truth import Truth
from training.judging.yolo_results import read_yolo_results
from training.mpii_person import mpii_region
from training.poses import Poses

UNKNOWN = "result of an image that is not there"


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """M found people on images without labels.

    table: their poses; joints below the least score count as not annotated. score: (M,), joint_score: (M, J). silent: images on
    which nobody was found.
    """

    table: PoseTable
    score: Float[np.ndarray, " found"]
    joint_score: Float[np.ndarray, "found joints"]
    silent: int
    skipped: Skipped


def read_unlabelled(path: Path, like: Truth, images: Path | None, names: Path | None, least: float) -> Unlabelled:
    """Read results on images that no annotations know.

    Args:
        path: COCO results JSON or a folder of YOLO's text files.
        like: annotations with the same keypoints in the same order.
        images: the folder of the images, None where there is none.
        names: a JSON file with COCO's list `images`, which gives names (and sizes) to ids.
        least: joints whose score is lower are left out.

    Raises:
        InputError: a file cannot be used, or no result is on these images.
    """
    skipped = Skipped()
    if not path.exists():
        raise InputError(f"{path}: no such file or folder", "name a COCO results file, or a folder of YOLO's predictions")
    album = _album(images, names, skipped)
    if path.is_dir():
        if album is None:
            raise InputError(f"{path}: YOLO's predictions are in parts of the image, whose sizes are not known", "give --images")
        results = read_yolo_results(path, like.keypoints, album.size, skipped)
    else:
        results = read_coco_results(path, like.keypoints, skipped)
    album = album or _named_by(results)
    image = album.place(results.image, results.name).row
    for row in np.flatnonzero(image < 0):
        skipped.add(UNKNOWN, path, f"image {results.name[row] or results.image[row]}")
    kept = np.flatnonzero(image >= 0)
    if not len(kept):
        theirs = results.name[0] or results.image[0]
        raise InputError(
            f"{path}: none of {len(results)} results is on an image of {images or names}; the results say {theirs}, there is "
            f"{next(iter(album.file_name), 'none')}",
            "give the folder of these images with --images, or their names and ids with --names",
        )
    skipped.read = len(kept)
    found, order = results.select(kept), list(like.order)
    table = _table(
        found.keypoints[:, order], found.joint_score[:, order], found.bbox_xywh, image[kept],
        ImageTable.of(album.file_name, size_wh=album.size_wh), like.table.skeleton, least,
    )  # fmt: skip
    silent = len(album.file_name) - len(np.unique(image[kept]))
    return Unlabelled(table, found.score, found.joint_score[:, order], silent, skipped)


def as_predicted(poses: Poses, table: PoseTable, least: float) -> PoseTable:
    """What was found on the images of a table, joints of a lower score than `least` as not annotated."""
    return _table(poses.keypoints, poses.joint_score, poses.bbox_xywh, poses.image, table.images, table.skeleton, least)


def _album(images: Path | None, names: Path | None, skipped: Skipped) -> Album | None:
    """The images of the folder, else those of the list; ids as the list gives them."""
    listed: dict[str, tuple[Identity | None, tuple[int, int] | None]] = {}
    if names is not None:
        for entry in require_list(load_json(names, "a JSON file with a list `images`"), "images", names):
            if isinstance(entry, dict) and isinstance(entry.get("file_name"), str):
                listed[entry["file_name"]] = (identity(entry.get("id")), given_size(entry))
    if images is None and names is None:
        return None
    if images is None:
        files, sizes = list(listed), [size or (0, 0) for _, size in listed.values()]
    else:
        files, sizes = [], []
        for file in ImageFolder(images).unused:
            try:
                header = read_header(images / file)
                sizes.append(header.turned_wh(header.orientation))  # models and labelling tools see the picture upright
                files.append(file)
            except BadImage as error:
                skipped.add("image file cannot be read", images / file, str(error))
    bare = Album(files, np.array(sizes, np.int64).reshape(-1, 2), {})
    ids = {number: row for name, (number, _) in listed.items() if number is not None and (row := bare.row(name)) >= 0}
    return Album(bare.file_name, bare.size_wh, ids)


def _named_by(results: Results) -> Album:
    """The images that the results name, as they name them."""
    rows: dict[str, int] = {}
    ids: dict[Identity, int] = {}
    for number, name in zip(results.image, results.name, strict=True):
        row = rows.setdefault(name or str(number), len(rows))
        ids |= {} if number is None else {number: row}
    return Album(list(rows), np.zeros((len(rows), 2), np.int64), ids)


def _table(
    keypoints: Float[np.ndarray, "found joints 2"],
    joint_score: Float[np.ndarray, "found joints"],
    box: Float[np.ndarray, "found 4"],
    image: Int64[np.ndarray, " found"],
    images: ImageTable,
    skeleton: Skeleton,
    least: float,
) -> PoseTable:
    known, nothing = joint_score >= least, np.full(len(image), -1, np.int64)
    center, scale = mpii_region(box)
    return PoseTable(
        skeleton=skeleton, keypoints=np.where(known[..., None], keypoints, 0.0), annotated=known, visible=known.copy(),
        bbox_xywh=box, center=center, scale=scale, head_size=np.full(len(image), np.nan),
        area=box[:, 2] * box[:, 3], image=image, person_id=nothing, source_id=tuple(map(str, range(len(image)))),
        images=images,
    )  # fmt: skip
