"""One body, one rig and one small trained function for all tests of the inverse function."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.function import InverseFunction, load_function
from smpl_assets.inverse.measure import build_rig
from smpl_assets.inverse.normal import Parameters
from smpl_assets.inverse.rig import Rig
from smpl_assets.inverse.settings import InverseSettings
from smpl_assets.inverse.stage import train_inverse
from smpl_assets.rotations import exponential
from smpl_assets.skeletons import SKELETONS
from smpl_assets.work import Bench

FITTED = (SKELETONS["mpii16"], SKELETONS["coco17"])
TINY = InverseSettings(
    weights="train", width=64, blocks=1, hypotheses=3, steps=60, batch=64, pool_poses=1500, prior_poses=1500, prior_components=3
)


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return load_body(BodySettings())


@pytest.fixture(scope="session")
def rig(body: BodyModel) -> Rig:
    return build_rig(body, FITTED)


@pytest.fixture(scope="session")
def inverse_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inverse function after a few seconds of training."""
    out = tmp_path_factory.mktemp("inverse")
    train_inverse(TINY, BodySettings(), Bench(0, out))
    return out


@pytest.fixture(scope="session")
def function(inverse_dir: Path, body: BodyModel) -> InverseFunction:
    return load_function(inverse_dir, body, FITTED)


def random_people(count: int, shape_size: int, seed: int = 0, spread: float = 0.25) -> Parameters:
    """People in gentle random poses some metres before the camera."""
    g = torch.Generator().manual_seed(seed)
    orient = exponential(0.5 * torch.randn(count, 3, generator=g)) @ torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    pose = spread * torch.randn(count, 69, generator=g)
    transl = torch.tensor([0.0, 0.0, 4.5]) + 0.1 * torch.randn(count, 3, generator=g)
    return Parameters(orient, pose, 0.5 * torch.randn(count, shape_size, generator=g), transl, torch.full((count,), 450.0))
