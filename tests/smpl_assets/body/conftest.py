from pathlib import Path

import pytest
import torch

from smpl_assets.body.anny_body import AnnyBody
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.body.smpl_body import SmplBody
from smpl_assets.poses.pool import PosePool, PoseSample
from smpl_assets.poses.settings import PoolSettings
from tests.smpl_assets.body.synthetic import write_pickle


@pytest.fixture(scope="session")
def anny() -> AnnyBody:
    body = load_body(BodySettings())
    assert isinstance(body, AnnyBody)
    return body


@pytest.fixture(scope="session")
def smpl_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pickle(tmp_path_factory.mktemp("smpl") / "SMPL_NEUTRAL.pkl")


@pytest.fixture(scope="session")
def smpl(smpl_file: Path) -> SmplBody:
    return SmplBody(BodySettings(name="smpl", model=str(smpl_file)))


@pytest.fixture(scope="session")
def poses() -> PoseSample:
    torch.manual_seed(0)
    return PosePool(PoolSettings()).sample(48, 5)
