"""Reading data sets, and making one to play with."""

from __future__ import annotations

from pathlib import Path

from rarepose.options import section
from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from training.datasets.settings import DataSettings
from training.datasets.stage import read_annotations, read_poses, recognise_format


def read(
    annotations: Path | str, images: Path | str | None = None, format: str = "", split: str | None = None, **options: object
) -> PoseTable:
    """The people of an annotation file: COCO, MPII, LSP, PoseTrack, or what another package reads.

    Args:
        annotations: the file (PoseTrack: or the folder of them).
        images: the folder of its pictures; people on pictures that are not there are left out. None: not looked at.
        format: a reader (`rarepose plugins`); empty = recognised from the content.
        split: `train` or `validation` where one file holds both.
        options: of `data.train`: limit, image_list.

    Raises:
        InputError: the file cannot be used; it says why and what to do.

    Examples:
        >>> people = read("annotations.json", "images")
        >>> len(people), people.skeleton.name
        (14, 'coco17')
        >>> people.keypoints.shape  # continuous px: the centre of the first pixel is (0.5, 0.5)
        (14, 17, 2)
    """
    place = Path(annotations).expanduser()
    given = {"format": format or recognise_format(place), "annotations": str(place), "images": str(images or "")}
    return read_poses(section(DataSettings, given | options), split)[0]


def demo(out: Path | str, people: int = 40, split: str = "train", seed: int = 0, **options: object) -> PoseTable:
    """Make a small data set of rendered people: `annotations.json`, `images/`; no download, no licence to accept.

    Args:
        out: a new folder.
        people: how many.
        split: `train` or `validation`, which differ in their people.
        seed: of everything drawn.
        options: of `data.train`: image_size, unusual_share.
    """
    place = Path(out)
    place.mkdir(parents=True)
    settings = section(DataSettings, {"format": "demo", "people": people} | options)
    read_annotations(settings, split, Bench(seed, place))
    return PoseTable.load(place / "poses.npz")
