"""Training and evaluation as functions; each lives in its own module, so that a change of one makes only that stage stale."""

from training.evaluate_stage import evaluate_variant
from training.train_stage import train_variant

__all__ = ["evaluate_variant", "train_variant"]
