"""What the configuration says of whom samples are made for: the rule of rarity, and the networks whose errors count beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from smpl_assets.plugins import known_name
from smpl_assets.settings import Settings
from training.rarity.settings import RareSettings
from training.systems.table import SYSTEMS
from training.train_settings import AUTO, RENDER, NetworkSettings, TrainSettings

ByError = Literal["error", "both"]
_OF_NETWORK = ("network", "options", "input_size", "sigma", "start")
_OF_TRAINING = ("epochs", "batch_size", "lr", "rotation_deg")
_OF_MACHINE = ("devices", "workers", "threads", "cache_mb", "max_image_megapixels")
_FIXED = {"schedule": "cosine", "warmup": 0.05, "weight_decay": 1e-4, "scale_range": 0.25, "shift": 0.05, "colour": 0.25}


class ErrorSettings(Settings):
    """Where `rare_poses.by` is `error` or `both`: the networks that tell how wrong each training person's pose is found.

    folds: one network for each; it is trained on the people of the others and finds those of its own. All people of a photograph,
        and of a sequence, are in one fold.
    min_joints: people with fewer annotated joints (of a skeleton with fewer: without one of its own) have no error, and errors
        never choose them.
    network, options, input_size, sigma, start: as under `train` (start: all but `render`). A small network is enough to tell hard
        from easy; the run's own network here gives its own errors, at the price of `folds` more trainings.
    epochs, batch_size, lr, rotation_deg: of each training; lr falls as a cosine. Errors say what such a training does not master:
        with rotation_deg = 180, hardly who is upside down.
    """

    folds: int = Field(3, ge=2, le=100)
    min_joints: int = Field(5, ge=1)
    network: Annotated[str, AfterValidator(known_name(SYSTEMS))] = "simple_tiny"
    options: Mapping[str, Any] = Field(default_factory=dict)
    input_size: tuple[int, int] = (128, 96)
    sigma: float = Field(1.5, gt=0)
    start: str = AUTO
    epochs: int = Field(4, ge=1)
    batch_size: int = Field(32, ge=1)
    lr: float = Field(2e-3, gt=0)
    rotation_deg: float = Field(40.0, ge=0, le=180)

    @field_validator("start")
    @classmethod
    def _made_before(cls, value: str) -> str:
        if value == RENDER:
            raise ValueError("the start set is made for train's networks: shipped, scratch, auto or the file of a network")
        return value

    @model_validator(mode="after")
    def _a_network(self) -> ErrorSettings:
        try:
            NetworkSettings.model_validate({name: getattr(self, name) for name in _OF_NETWORK})
        except ValidationError as error:
            raise ValueError("; ".join(e["msg"].removeprefix("Value error, ") for e in error.errors())) from error
        return self

    def training(self, machine: TrainSettings) -> TrainSettings:
        """Of each network's training; of `machine` only where and how fast it runs."""
        own = {name: getattr(self, name) for name in (*_OF_NETWORK, *_OF_TRAINING)}
        return TrainSettings(**_FIXED, **own, **{name: getattr(machine, name) for name in _OF_MACHINE})

    def of_training(self) -> dict[str, Any]:
        """What a training's result depends on, as plain values; a file counts by its content."""
        return self.model_dump(mode="json", include={"folds", *_OF_NETWORK, *_OF_TRAINING} - {"start"})


class ChoiceSettings(RareSettings):
    """Which poses count as rare, and whom samples are made for.

    by: whom synthetic people, further copies and weights are for: the people whose pose is rare (`rarity`), as many whose pose
        networks that were not trained on them find worst (`error`), or as many who stand highest in both orders together (`both`;
        docs/rare_poses.md, Whom samples are made for). Validation people are rare by rarity alone.
    """

    by: Literal["rarity"] | ByError = "rarity"
    error: ErrorSettings = ErrorSettings()

    def of_rarity(self) -> dict[str, Any]:
        """What the rule of rarity depends on, as plain values."""
        return self.model_dump(mode="json", include=set(RareSettings.model_fields))
