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

# Toshev and Szegedy 2014: windows of 220 px from a crop of twice that, lr 5e-4; a batch there is 128 windows
DEEP_POSE: Mapping[str, Any] = {
    "input_size": (440, 440), "batch_size": 16, "lr": 5e-4, "schedule": "constant", "rotation_deg": 0.0, "scale_range": 0.1,
    "shift": 0.1,
}  # fmt: skip

# U 3.3, 3.5: square inputs, SGD, presence of the joints that are seen, in two steps; the report gives no rate and no epochs
REGRESSOR: Mapping[str, Any] = {
    "input_size": (224, 224), "optimiser": "sgd", "lr": 1e-2, "weight_decay": 5e-4, "supervise": "visible",
    "options": {"two_steps": True},
}  # fmt: skip
SHALLOW: Mapping[str, Any] = {**REGRESSOR, "input_size": (128, 128)}

# T 3.2: SGD with 1e-4, momentum 0.9, weight decay 5e-4, one image a step. Eq 3.1 adds squared errors up over 14 x 14 cells, ours
# is their mean: lr is 1e-4 x 196, weight decay, which a step multiplies by lr, 5e-4 / 196. Eq 3.3 is a mean, as ours.
GLOBAL_LOCAL: Mapping[str, Any] = {
    "input_size": (224, 224), "sigma": 1.0, "batch_size": 1, "optimiser": "sgd", "lr": 1e-4 * 14 * 14,
    "weight_decay": 5e-4 / (14 * 14), "schedule": "constant", "options": {"proposals": "edge_boxes"},
}  # fmt: skip
