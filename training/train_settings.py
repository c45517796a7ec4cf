"""How pose networks are trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from smpl_assets.errors import InputError
from smpl_assets.plugins import known_name
from training.augmentation_settings import AugmentationSettings
from training.codecs.table import CODECS
from training.recipes import DACP, Recipe, check_own, distinct
from training.systems.table import SYSTEMS

RENDER, SHIPPED, SCRATCH, AUTO = WORDS = "render", "shipped", "scratch", "auto"  # what `start` may say beside a file


class NetworkSettings(AugmentationSettings):
    """What belongs to one network: keys of `train`, and of each `train.networks.NAME`, which inherits what it does not say.

    network: a pose system (`rarepose systems` lists them, docs/systems.md tells about them). options: of that system.
    preset: `published` gives keys beside it that are left out the values that the system was published with (`rarepose systems
        --json` shows them).
    codec: what its outputs mean; empty = the system's own.
    variants: recipes to train; `dacp` needs no training and is listed under `evaluate` only.
    input_size: (height, width) of the person crop, px; most systems take multiples of 32.
    sigma: of the Gaussian targets, in heatmap px (a heatmap px is 4 input px).
    supervise: joints that have a target: all `annotated` ones (Simple Baselines' code), or only the `visible` (v = 2) ones.
    epochs: passes over the real people; with budget `steps` every variant takes as many optimisation steps as the baseline
        does in that many epochs, with `epochs` larger sets take more steps.
    batch_size: over all devices together.
    optimiser: `adam`, `rmsprop` (alpha 0.99) or `sgd` (momentum 0.9); Adam's weight decay is apart from its gradient (AdamW).
    schedule: `step` (lr x `gamma` at each of `milestones`, shares of the training), `cosine` (to zero), `flat-cosine` (the same
        after a share `flat` of the training), `constant`.
    warmup: share of the training during which lr rises linearly from a tenth.
    ema: decay per step of an exponential moving average of the weights, which is then the network that is saved; 0 = none.
        Step t decays by at most (1 + t) / (10 + t), so that a short training is not an average of its beginning. Batch
        normalisation's statistics are averaged like weights.
    synthetic_share: share of each batch drawn from the synthetic people; none = as many as there are. rare_share: share of the
        others drawn from rare real people (copies count). Each group is shown pass by pass; one that a recipe lacks has none.
    real_last: share of the steps, at the end, in which only real people are shown.
    crop: the person region, `box`, MPII's `center` and scale, or `auto` (center for MPII's skeleton).
    padding: the region is enlarged by this factor.
    start: weights of the whole network to start from: `shipped` (with RarePose, for simple_tiny and simple_small: trained on
        renders alone), `render` (made by the stages `start_set` and `start`, docs/start.md), `scratch`, or the file of a trained
        network of the same system, of another skeleton too. `auto`: shipped where there are some and the set is small.
    weights: an ImageNet state dict of the backbone (torchvision's .pth or .safetensors); none = from scratch.
    precision: Lightning's; `auto` is bf16-mixed where the CPU (avx512_bf16, amx_bf16) or the GPU that trains computes in
        bfloat16, else 32-true.
    """

    network: Annotated[str, AfterValidator(known_name(SYSTEMS))] = "simple_resnet50"
    preset: Literal["", "published"] = ""
    options: Mapping[str, Any] = Field(default_factory=dict)
    codec: str = ""
    variants: tuple[str, ...] = ("baseline", "turn", "longer", "drp", "asrp", "asrpt", "wlcd", "drp+asrpt+wlcd")
    input_size: tuple[int, int] = (256, 192)
    sigma: float = Field(2.0, gt=0)
    supervise: Literal["annotated", "visible"] = "annotated"
    epochs: int = Field(140, ge=1)
    batch_size: int = Field(32, ge=1)
    optimiser: Literal["adam", "rmsprop", "sgd"] = "adam"
    lr: float = Field(1e-3, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    schedule: Literal["step", "cosine", "flat-cosine", "constant"] = "step"
    flat: float = Field(0.7, ge=0, lt=1)
    milestones: tuple[float, ...] = (0.643, 0.857)
    gamma: float = Field(0.1, gt=0, lt=1)
    warmup: float = Field(0.0, ge=0, lt=1)
    ema: float = Field(0.0, ge=0, lt=1)
    synthetic_share: float | None = Field(None, gt=0, le=1)
    rare_share: float | None = Field(None, gt=0, le=1)
    real_last: float = Field(0.0, ge=0, le=1)
    crop: Literal["auto", "box", "center"] = "auto"
    padding: float = Field(1.25, ge=1)
    start: str = AUTO
    weights: Path | None = None
    precision: Literal["auto", "32-true", "16-mixed", "bf16-mixed"] = "auto"

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not values.get("preset"):
            return values
        name = values.get("network", "")
        preset = SYSTEMS[name].preset if name in SYSTEMS else {}
        if not preset:
            known = ", ".join(n for n, entry in SYSTEMS.items() if entry.preset)
            raise ValueError(f"preset: beside it stands network = '{name}'; networks with a preset: {known}")
        return {**preset, **values}

    @field_validator("input_size")
    @classmethod
    def _large_enough(cls, value: tuple[int, int]) -> tuple[int, int]:
        if any(v < 32 for v in value):
            raise ValueError(f"height and width must be at least 32, got {value}")
        return value

    @field_validator("milestones")
    @classmethod
    def _shares(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if list(value) != sorted(value) or any(not 0 < v < 1 for v in value):
            raise ValueError(f"milestones are rising shares of the training between 0 and 1, got {value}")
        return value

    @field_validator("codec")
    @classmethod
    def _known_codec(cls, value: str) -> str:
        return str(known_name(CODECS)(value)) if value else value

    @model_validator(mode="after")
    def _options_of_the_system(self) -> NetworkSettings:
        if self.options and (kind := SYSTEMS.options(self.network)) is not None:
            try:
                kind.model_validate(dict(self.options))
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                known = ", ".join(kind.model_fields) or "none"
                said = f"options.{where}: {first['msg']} (value {first['input']!r:.80})"
                raise ValueError(f"{said}; options of {self.network}: {known}") from error
        return self


class TrainSettings(NetworkSettings):
    """The `train` section. Defaults are Simple Baselines' for COCO (T 4.3: 256 x 192, ResNet-50).

    networks: several networks by a label of one's own, each with the keys above where it differs from `train`; none = one
        network, without a label.
    recipes: recipes of one's own, to be named in `variants` like drp.
    seeds: trainings of each row; the table then shows means, and intervals over people and seeds.
    budget: see `epochs`.
    synthetic_weight: factor on the loss of synthetic people on top of w(d); 0 shows them without learning from them.
    devices: Lightning's; several devices train data-parallel.
    workers: loader processes (no influence on the result).
    threads: of torch on a CPU; none = the process's own number.
    cache_mb: memory of a training for people's decoded crops, shared out among devices and loader processes (no influence on the
        result); those that do not fit are decoded in each pass.
    max_image_megapixels: larger images are skipped and counted.
    """

    networks: dict[str, NetworkSettings] = Field(default_factory=dict)
    recipes: dict[str, Recipe] = Field(default_factory=dict)
    seeds: int = Field(1, ge=1, le=100)
    budget: Literal["steps", "epochs"] = "steps"
    synthetic_weight: float = Field(1.0, ge=0)
    devices: int = Field(1, ge=1)
    workers: int = Field(0, ge=0)
    threads: int | None = Field(None, ge=1)
    cache_mb: int = Field(1024, ge=0)
    max_image_megapixels: float = Field(50.0, gt=0)

    @field_validator("networks")
    @classmethod
    def _labels(cls, value: dict[str, NetworkSettings]) -> dict[str, NetworkSettings]:
        for label in value:
            if not label or not all(c.isalnum() or c in "-_." for c in label):
                raise ValueError(f"'{label}' is no label for a network: letters, digits, -, _ and . make one")
        return value

    @model_validator(mode="after")
    def _trainable(self) -> TrainSettings:
        try:
            check_own(self.recipes)
            for label in (*self.networks, *(() if self.networks else ("",))):
                names = distinct(self.of(label).variants, self.recipes)
                if not names or DACP in names:
                    raise InputError(
                        "dacp combines trained networks, list it under evaluate.variants" if names else "no variant to train"
                    )
        except InputError as error:
            raise ValueError(str(error)) from error
        return self

    def of(self, label: str) -> TrainSettings:
        """The settings of one network: its own where it says something, else those of `train`."""
        if not label:
            return self
        own = self.networks[label]
        return self.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})

    def of_training(self) -> dict[str, Any]:
        """What a training's result depends on, as plain values; files count by their content."""
        other = {"networks", "recipes", "seeds", "variants", "weights", "start", "workers", "cache_mb", "preset"}
        return self.model_dump(mode="json", exclude=other)
