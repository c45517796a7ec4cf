from __future__ import annotations

import pytest

from training.inference.estimator import Estimator
from training.inference.load import load


@pytest.fixture(scope="session")
def estimator() -> Estimator:
    """The smallest network that is shipped: 21 keypoints in crops of 128 x 128 px."""
    return load("simple_tiny", batch_size=4)
