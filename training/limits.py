"""What a skeleton of the user's own cannot have: said when the annotations are read, not after training."""

from __future__ import annotations

from collections.abc import Iterable

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton, missing_limbs

_SHOWN = 6
NO_PAIRS = "flips are off: no left/right pair was recognised among the keypoint names"


def no_metric(skeleton: Skeleton, heads: bool = False) -> dict[str, str]:
    """Metrics that people of this skeleton cannot be measured by, and why. heads: the data set gives sizes of heads."""
    found = {}
    torsos = (skeleton.torso, skeleton.mirrored(skeleton.torso))
    if not any(set(torso) <= set(skeleton.keypoints) for torso in torsos):
        found["pck"] = f"no PCK: no torso ({' to '.join(skeleton.torso)})"
    if not skeleton.head and not heads:
        found["pckh"] = "no PCKh: no head size and no head segment (head_top to neck)"
    return found


def remarks(skeleton: Skeleton, heads: bool = False) -> list[str]:
    """What a skeleton that is no known one cannot have, in sentences."""
    if SKELETONS.get(skeleton.name) == skeleton:
        return []
    found = [] if skeleton.mirrors else [f"{NO_PAIRS} ({_listed(skeleton.keypoints)})"]
    if missing := missing_limbs(skeleton):
        found.append(f"no body can be fitted, so no people can be rendered: it lacks {_listed(missing)}")
    return [f"skeleton {skeleton.name}: {remark}" for remark in (*found, *no_metric(skeleton, heads).values())]


def require_metric(skeleton: Skeleton, metrics: Iterable[str], heads: bool = False) -> None:
    """InputError where none of the metrics that are asked for applies to a skeleton."""
    reasons = no_metric(skeleton, heads)
    reasons |= {"pdj": reasons["pck"]} if "pck" in reasons else {}
    if set(metrics) <= reasons.keys():
        why = "; ".join(dict.fromkeys(reasons[m] for m in metrics))
        raise InputError(f"evaluate.metrics: skeleton {skeleton.name} has {why}", 'add "oks_ap" to evaluate.metrics')


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:_SHOWN]) + (f", ... ({len(every)})" if len(every) > _SHOWN else "")
