from pathlib import Path

import pytest

from smpl_assets.work import Bench
from training.datasets.demo.stage import make_demo
from training.datasets.settings import DataSettings

PEOPLE, SIDE = 14, 96


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    make_demo(DataSettings(people=PEOPLE, image_size=SIDE), "train", Bench(3, out))
    return out
