"""Flow as the network should say it, for annotated people: what maps can give at most; imported by track.py."""

from __future__ import annotations

import numpy as np
import torch

from training.tracking.detect_stage import truth
from training.tracking.detections import Detections
from training.tracking.drawing import Drawing
from training.tracking.film import Film
from training.tracking.loss import flow_targets
from training.tracking.network_settings import HEADS, Reading
from training.tracking.pairs import same_rows
from training.tracking.score import flow_score, joint_fields
from training.tracking.skeleton_limbs import Limbs
from training.tracking.targets import Grid

STRIDE, DRAWING = 4, Drawing(5.0, 4.0, 1.0)


def true_flow(film: Film, limbs: Limbs, apart: int) -> Detections:
    """The truth's poses, and S_T by maps drawn from the truth; frames without labels have no flow."""
    people, frames = truth(film.sequence), film.sequence.frames
    grid = Grid(-(-film.sequence.height // STRIDE), -(-film.sequence.width // STRIDE), STRIDE)
    flow: dict[tuple[Reading, int], tuple[np.ndarray, ...]] = {}
    for back in range(1, apart + 1):
        pairs = []
        for n in range(len(frames) - back):
            first, second = frames[n].people, frames[n + back].people
            if first is None or second is None:
                pairs.append({head: np.zeros((len(people[n]), len(people[n + back]))) for head in HEADS})
                continue
            rows = torch.from_numpy(same_rows(first, second)).float()
            maps = flow_targets(rows[:1], rows[1:], limbs, grid, DRAWING, HEADS)
            pairs.append({
                head: flow_score(first.keypoints, second.keypoints, joint_fields(m[0], head, limbs), STRIDE, DRAWING.still)
                for head, m in maps.items()
            })  # fmt: skip
        for head in HEADS:
            for stage in (1, 2):
                flow[(head, stage), back] = tuple(p[head] for p in pairs)
    return Detections(people, flow)
