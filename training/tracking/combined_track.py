"""The tracker `combined` (T 6): flow between crops that one region cuts out of both frames, for every candidate pair."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.feeds.transforms import apply_affine, warp
from training.systems.pixels import normalise
from training.tracking.combined import STRIDE, CombinedNetwork, build_combined
from training.tracking.combined_settings import CombinedOptions, CombinedTracking
from training.tracking.common_crop import box_of, common_matrix
from training.tracking.method import Method, Setting
from training.tracking.network_file import COMBINED as KIND
from training.tracking.network_file import found_file, load_weights, read_card
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
        apart = distances(before.expected(after.number), after.people, self.skeleton, self.options.distance)
        flow = np.zeros(apart.shape)
        rows, columns = np.nonzero((apart <= self.options.gate) & ~before.led[:, None])
        if self.options.alpha > 0:
            for part in np.array_split(np.arange(len(rows)), max(1, -(-len(rows) // BATCH))):
                flow[rows[part], columns[part]] = self._flow(before, after, rows[part], columns[part])
        return combined(flow, apart, self.options, before.led)

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
    file = found_file(folder)
    card = read_card(file, KIND)
    if tuple(card.get("keypoints", ())) != skeleton.keypoints:
        raise InputError(f"{file}: finds other joints than those of {skeleton.name}", "train it on the people to be tracked")
    try:
        options = CombinedOptions.model_validate(card["options"])
    except (KeyError, ValueError) as error:
        what = f"{file}: a combined tracker whose card is not understood ({' '.join(str(error).splitlines()[:3])})"
        raise InputError(what, "it comes from another version of RarePose: train it again with this one") from error
    network = build_combined(limbs_of(skeleton), options, 0)
    load_weights(network, file)
    return network.to(torch.device(device)).eval()


def _open(options: CombinedTracking, setting: Setting) -> OnlineTracker:
    """With the network that `setting.network` holds; InputError without one."""
    if setting.network is None:
        raise InputError("combined needs its network, which is learnt from rendered people", "run track_train")
    return OnlineTracker(Combined(load_combined(setting.network, setting.skeleton, setting.device), options, setting), options)


COMBINED = Method(_open, CombinedTracking)
