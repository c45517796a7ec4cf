"""What the room's tests share."""

from pathlib import Path

import pytest

from smpl_assets.pose_table import PoseTable
from smpl_assets.work import Bench
from style_transfer.stage import train_translator
from tests.style_transfer.world import tiny, write_photographs, write_render


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], PoseTable, Path]:
    """Two render shards, a table of photographed people, the image root."""
    root = tmp_path_factory.mktemp("world")
    shards = [write_render(root / "render0", range(6)), write_render(root / "render1", range(6, 10))]
    return shards, write_photographs(root / "photos", 12), root / "photos"


@pytest.fixture(scope="session")
def trained(world: tuple, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny trained translator."""
    out = tmp_path_factory.mktemp("translator")
    train_translator(*world, tiny(), Bench(3, out))
    return out
