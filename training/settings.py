"""The sections of this room; each lives beside its stage, so that one stage's options are not another's code."""

from training.augmented.settings import AugmentSettings
from training.evaluate_settings import EvaluateSettings
from training.train_settings import TrainSettings

__all__ = ["AugmentSettings", "EvaluateSettings", "TrainSettings"]
