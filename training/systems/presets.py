"""Settings of `train` that systems were published with (`train.preset = "published"`); learning rates are for our losses.

Imports nothing heavy. No stage follows this module: what a preset says counts as if the user had written it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# T 4.3 and the authors' code: epochs of 2,344 steps (COCO), lr / 10 after 90 and 120 of 140
SIMPLE: Mapping[str, Any] = {
    "input_size": (256, 192), "sigma": 2.0, "epochs": 140, "batch_size": 32, "lr": 1e-3, "schedule": "step",
    "milestones": (0.643, 0.857), "rotation_deg": 40.0, "rotation_probability": 0.6, "scale_range": 0.3,
}  # fmt: skip
