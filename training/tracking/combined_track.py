"""The tracker `combined` (T 6): flow between crops that one region cuts out of both frames, for every candidate pair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.feeds.transforms import apply_affine, warp
from training.systems.pixels import normalise
from training.tracking.checkpoint import FILE
from training.tracking.combined import STRIDE, CombinedNetwork, build_combined
from training.tracking.combined_settings import CombinedOptions, CombinedTracking
from training.tracking.common_crop import box_of, common_matrix
from training.tracking.method import Method, Setting
from training.tracking.online import OnlineTracker
from training.tracking.score import combined, distances, flow_score, joint_fields
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.tracker import Seen, Similarity

BATCH = 32


class Combined(Similarity):
    """S (5.4) of candidates; pairs beyond the gate are not looked at."""

    def __init__(self, network: CombinedNetwork, options: CombinedTracking, setting: Setting) -> None:
        self.network, self.options, self.skeleton = network, options, setting.skeleton
        self.limbs, self.device = limbs_of(setting.skeleton), setting.device

    def __call__(self, before: Seen, after: Seen) -> Float[np.ndarray, "before after"]:
        """The association score."""
        apart = distances(before.people, after.people, self.skeleton, self.options.distance)
        flow = np.zeros(apart.shape)
        rows, columns = np.nonzero(apart <= self.options.gate)
        if self.options.alpha > 0:
            for part in np.array_split(np.arange(len(rows)), max(1, -(-len(rows) // BATCH))):
                flow[rows[part], columns[part]] = self._flow(before, after, rows[part], columns[part])
        return combined(flow, apart, self.options)

    @torch.inference_mode()
    def _flow(self, before: Seen, after: Seen, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """S_T (5.5) of pairs, each in the crop of its own."""
        ends = [before.people.keypoints[rows], after.people.keypoints[columns]]
        trained = self.network.options
        matrices = [common_matrix(box_of(a), box_of(b), trained.input_size, trained.padding) for a, b in zip(*ends, strict=True)]
        if not matrices:
            return np.zeros(0)
        crops = np.stack([[warp(seen.image, m, trained.input_size) for m in matrices] for seen in (before, after)])
        first, second = (self.network.features(normalise(torch.from_numpy(c).to(self.device))) for c in crops)
        flows = self.network.flows(first, second).float().cpu()
        scores = []
        for flow, matrix, a, b in zip(flows, matrices, *ends, strict=True):
            start, end = (apply_affine(matrix, k)[None] for k in (a, b))
            fields = joint_fields(flow, "limbs", self.limbs)
            scores.append(flow_score(start, end, fields, STRIDE, trained.still)[0, 0])
        return np.array(scores)


def load_combined(folder: Path, skeleton: Skeleton, device: str = "cpu") -> CombinedNetwork:
    """What the unit `combined` of `track_train` wrote; InputError where it is not that, or of other people."""
    file = folder / FILE
    try:
        with safe_open(file, framework="pt") as opened:
            card: dict[str, Any] = json.loads((opened.metadata() or {})["rarepose_combined"])
        if tuple(card["keypoints"]) != skeleton.keypoints:
            raise InputError(f"{file}: finds other joints than those of {skeleton.name}", "train it on the people to be tracked")
        network = build_combined(limbs_of(skeleton), CombinedOptions.model_validate(card["options"]), 0)
        network.load_state_dict(load_file(file))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{file}: not a combined tracker ({str(error).splitlines()[0]})", "run track_train") from error
    return network.to(torch.device(device)).eval()


def _open(options: CombinedTracking, setting: Setting) -> OnlineTracker:
    """With the network that `setting.network` holds; InputError without one."""
    if setting.network is None:
        raise InputError("combined needs its network, which is learnt from rendered people", "run track_train")
    return OnlineTracker(Combined(load_combined(setting.network, setting.skeleton, setting.device), options, setting), options)


COMBINED = Method(_open, CombinedTracking)
