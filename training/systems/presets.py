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
# The authors' w32_256x192: lr / 10 after 170 and 200 of 210 epochs
HRNET: Mapping[str, Any] = {
    "input_size": (256, 192), "sigma": 2.0, "epochs": 210, "batch_size": 128, "lr": 1e-3, "schedule": "step",
    "milestones": (0.81, 0.952), "rotation_deg": 45.0, "rotation_probability": 0.6, "scale_range": 0.35, "half_body": 0.3,
}  # fmt: skip
# The authors' code: 100 times 8000 batches of 6, 216 passes over MPII's 22,246 people; lr / 5 once, where it stops to help
HOURGLASS: Mapping[str, Any] = {
    "input_size": (256, 256), "sigma": 1.0, "epochs": 216, "batch_size": 6, "optimiser": "rmsprop", "lr": 2.5e-4,
    "schedule": "step", "gamma": 0.2, "milestones": (0.75,), "rotation_deg": 30.0, "scale_range": 0.25,
}  # fmt: skip
# The authors' solver. Their loss is half the sum over pixels and maps per person: with 46 x 46 cells and 15 maps 15,870 times
# ours, so lr is 8e-5 x 15,870, weight decay 5e-4 / 15,870. sigma: 7 px
CPM: Mapping[str, Any] = {
    "input_size": (368, 368), "sigma": 0.875, "optimiser": "sgd", "lr": 1.27, "weight_decay": 3.15e-8, "schedule": "step",
    "gamma": 0.333, "milestones": (0.227, 0.454, 0.68, 0.907), "rotation_deg": 40.0, "rotation_probability": 1.0,
    "scale_range": 0.3, "padding": 1.171,
}  # fmt: skip
