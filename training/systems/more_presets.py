"""Published settings, as `training.systems.presets`, of the systems that do not learn plain heatmaps alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# O 4.1: 22 epochs, lr / 10 after 17 and 21; the paper does not say how its losses are normalised, so its rate is left as printed.
# Scales of 0.9 to 1.2 are drawn as 1 +- 0.15.
OFFSET: Mapping[str, Any] = {
    "input_size": (256, 192), "epochs": 22, "batch_size": 64, "optimiser": "sgd", "lr": 0.02, "schedule": "step",
    "milestones": (17 / 22, 21 / 22), "rotation_deg": 30.0, "rotation_probability": 1.0, "scale_range": 0.15,
}  # fmt: skip

# mmpose's 2D form: 210 epochs, 256 x 256
INTEGRAL: Mapping[str, Any] = {
    "input_size": (256, 256), "epochs": 210, "batch_size": 64, "lr": 5e-4, "schedule": "step",
    "milestones": (170 / 210, 200 / 210), "rotation_deg": 40.0, "rotation_probability": 0.6, "scale_range": 0.5,
}  # fmt: skip
