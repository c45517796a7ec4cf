"""The README beside an ONNX file: how a person is cropped for it, and what its outputs mean."""

from __future__ import annotations

from pathlib import Path

from training.inference.estimator import Estimator
from training.systems.pixels import DEVIATION, MEAN

NOTES = Path(__file__).with_name("notes")
RTMLIB_PADDING = 1.25
_MAPS = """one heatmap per keypoint. The cell (row r, column c) of a map's
maximum lies at the crop's continuous px ({stride} (c + 0.5), {stride} (r + 0.5)), and the maximum is the joint's score. A quarter
of a cell towards the larger neighbour makes it finer; RarePose takes one Newton step on the logarithm of the map smoothed with
sigma 2 cells (DARK). To average with the mirror image, turn its maps and swap their joints by `flip_idx` of card.json."""


def notes(estimator: Estimator, layout: str) -> str:
    """The text of the README."""
    card, stage = estimator.card, estimator.model.last
    height, width = card.input_size
    channels = stage.codec.channels(estimator.skeleton)
    shape = (channels, *stage.frame(card.input_size).cells_hw) if stage.stride else (channels,)
    heatmaps = card.codec in ("", "heatmap") and channels == len(card.keypoints)
    values = {
        "title": f"{card.variant or card.network}: {card.network}, {card.skeleton}", "keypoints": ", ".join(card.keypoints),
        "count": len(card.keypoints), "height": height, "width": width, "shape": ", ".join(map(str, shape)), "mean": MEAN,
        "std": DEVIATION, "padding": card.padding, "square": "made square and " if card.crop == "center" else "",
        "skeleton": card.skeleton, "bins_x": 2 * width,
        "bins_y": 2 * height, "fits": _fits(card.padding, card.crop),
        "meaning": _MAPS.format(stride=stage.stride) if heatmaps else f"read by {type(stage.codec).__name__}.",
    }  # fmt: skip
    return (NOTES / f"{layout}.md").read_text(encoding="utf-8").format(**values)


def _fits(padding: float, crop: str) -> str:
    """How rtmlib's crop differs from the one of the training."""
    own = [f"by {padding:g}"] if padding != RTMLIB_PADDING else []
    own += ["after making them square"] if crop == "center" else []
    return f", this network was trained with boxes enlarged {' '.join(own)}: expect less" if own else ", as in training"
