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
# The authors' code: lr / 2 every 3.6 million crops of 216,000 x 140 in all, refined map of a 7 px kernel
CPN: Mapping[str, Any] = {
    "input_size": (256, 192), "sigma": 1.4, "epochs": 140, "batch_size": 32, "lr": 5e-4, "weight_decay": 1e-5,
    "schedule": "step", "gamma": 0.5, "milestones": (0.17, 0.34, 0.51, 0.69, 0.86), "rotation_deg": 45.0,
    "rotation_probability": 1.0, "scale_range": 0.3,
}  # fmt: skip
