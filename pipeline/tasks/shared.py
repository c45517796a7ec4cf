"""What several stages say alike about the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import Config
from pipeline.fingerprint import digest
from pipeline.unit import Reads, Unit, Work
from smpl_assets.plugins import Table
from training.datasets.places import Places
from training.datasets.table import READERS
from training.runs import labels
from training.start.settings import OF_NETWORK
from training.train_settings import RENDER, TrainSettings

if TYPE_CHECKING:
    from smpl_assets.photographs import Photograph
    from training.datasets.settings import DataSettings


def split_of(config: Config, split: str) -> DataSettings:
    """The data settings of a split, its paths resolved against `data.root`."""
    settings: DataSettings = getattr(config.data, split)
    named = {n: getattr(settings, n) for n in ("annotations", "images", "image_list")}
    paths = {n: str(config.located(path)) for n, path in named.items() if path}
    return settings.model_copy(update=paths)


def places_of(config: Config, split: str) -> Places | None:
    """Where a split's files lie, as its settings say, else its files; None for a set that is made."""
    settings = split_of(config, split)
    if settings.made:
        return None
    if settings.images:
        return Places(*settings.files)
    places: Places = READERS.load(settings.format).where(settings, split)
    return places


def image_files(config: Config, split: str) -> dict[str, Path]:
    """The user's image folder as an external input; the images of a set that is made are an output of `annotations`."""
    places = places_of(config, split)
    return {f"images/{split}": places.images} if places and places.images else {}


def image_root(config: Config, split: str, annotations: Path) -> Path:
    """The folder that image names are relative to."""
    places = places_of(config, split)
    return annotations / "images" if places is None or places.images is None else places.images


def free_photographs(work: Work) -> tuple[Photograph, ...]:
    """The training photographs without people, where the unit reads `annotations/train`; else none."""
    from smpl_assets.photographs import without_people
    from smpl_assets.pose_table import PoseTable

    if "annotations/train" not in work.inputs:
        return ()
    folder = work.one("annotations/train")
    return without_people(PoseTable.load(folder / "poses.npz").images, image_root(work.config, "train", folder))


def poses(config: Config, split: str, images: bool = False) -> Reads:
    """The poses of a split as an input, with the images of a set that is made where the reader opens them."""
    files = ("poses.npz", "images/") if images and split_of(config, split).made else ("poses.npz",)
    return Reads("annotations", split, files)


def by_rarity(config: Config, run: str, added: dict[str, Reads]) -> Unit:
    """A unit that asks which people of both splits are rare, with what else it reads."""
    reads = {f"annotations/{s}": poses(config, s) for s in ("train", "validation")} | added
    params, environment = config.rare_poses.of_rarity(), ("numpy", "scikit-learn", "scipy")
    return Unit("all", run, reads=reads, params=params, environment=environment, threads=0)


def chosen_people(config: Config) -> Reads:
    """Whom samples are made for: the rare people, or those of `choice` where errors count; the one place that says so."""
    return Reads("rare_poses" if config.rare_poses.by == "rarity" else "choice", None, ("train.npz",))


def picked(*entries: tuple[Table, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the entries that a configuration chooses by name bring into a key; InputError for unknown names.

    Their modules, as further roots of a unit's code, and the installed distributions that they stand on, for its environment.
    """
    found = [table.find(name) for table, name in entries]
    return tuple(sorted({p.module for p in found})), tuple(sorted({p.distribution for p in found if p.distribution}))


def body_files(config: Config) -> dict[str, Path]:
    """The user's body model files."""
    return {f"body/{n}": Path(v).expanduser() for n in ("model", "uv") if (v := getattr(config.body, n))}


def pool_files(config: Config) -> dict[str, Path]:
    """The user's files of poses."""
    return {f"pool/{i}": Path(f.path).expanduser() for i, f in enumerate(config.inverse.pool.files)}


def pool_params(config: Config) -> dict[str, Any]:
    """What a sample of the pool depends on beside the content of those files."""
    params = config.inverse.pool.model_dump(mode="json")
    for source in params["files"]:
        source.pop("path")
    return params


def shards(total: int, size: int) -> list[tuple[str, tuple[int, int]]]:
    """Names and item ranges of the shards of `total` items."""
    return [(str(n), (a, min(a + size, total))) for n, a in enumerate(range(0, total, size))]


def started_network(settings: TrainSettings) -> dict[str, Any]:
    """What start weights depend on of the network that they are for."""
    return settings.model_dump(mode="json", include=set(OF_NETWORK))


def start_unit(config: Config, label: str) -> str:
    """The unit of the stage `start` for a network: named after the network and those of its settings that matter there.

    So no label, nor what else one says, makes start weights again. Where networks differ in nothing but the file that they begin
    with, the second file is `-2`, and so on: the order of these counts.
    """
    own, network = config.train.of(label), started_network(config.train.of(label))
    alike = [s for s in map(config.train.of, labels(config.train)) if s.start == RENDER and started_network(s) == network]
    place = list(dict.fromkeys(s.weights for s in alike)).index(own.weights)
    return f"{own.network}-{digest(network)[:8]}" + (f"-{place + 1}" if place else "")
