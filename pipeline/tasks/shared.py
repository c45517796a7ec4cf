"""What several stages say alike about the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Config
from pipeline.unit import Reads
from smpl_assets.plugins import Table

if TYPE_CHECKING:
    from training.datasets.settings import DataSettings


def split_of(config: Config, split: str) -> DataSettings:
    """The data settings of a split, its paths resolved against `data.root`."""
    settings: DataSettings = getattr(config.data, split)
    paths = {
        n: str(config.located(getattr(settings, n))) for n in ("annotations", "images", "image_list") if getattr(settings, n)
    }
    return settings.model_copy(update=paths)


def image_files(config: Config, split: str) -> dict[str, Path]:
    """The user's image folder as an external input; the demo set's images are an output of `annotations`."""
    settings = split_of(config, split)
    return {f"images/{split}": Path(settings.images)} if settings.images else {}


def image_root(config: Config, split: str, annotations: Path) -> Path:
    """The folder that image names are relative to."""
    settings = split_of(config, split)
    return annotations / "images" if settings.format == "demo" else Path(settings.images)


def poses(config: Config, split: str, images: bool = False) -> Reads:
    """The poses of a split as an input, with the demo set's images where the reader opens them."""
    files = ("poses.npz", "images/") if images and split_of(config, split).format == "demo" else ("poses.npz",)
    return Reads("annotations", split, files)


def chosen(table: Table, *names: str) -> tuple[str, ...]:
    """The modules of what a configuration chooses by name, as further roots of a unit's code; InputError for unknown names."""
    return tuple(sorted({table.find(name).module for name in names}))


def libraries(table: Table, *names: str) -> tuple[str, ...]:
    """The installed distributions that the chosen entries stand on, as part of a unit's environment."""
    return tuple(sorted({d for name in names if (d := table.find(name).distribution)}))


def body_files(config: Config) -> dict[str, Path]:
    """The user's body model files."""
    return {f"body/{n}": Path(v).expanduser() for n in ("model", "uv") if (v := getattr(config.body, n))}


def shards(total: int, size: int) -> list[tuple[str, tuple[int, int]]]:
    """Names and item ranges of the shards of `total` items."""
    return [(str(n), (a, min(a + size, total))) for n, a in enumerate(range(0, total, size))]
