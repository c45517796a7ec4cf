"""Losses of the inverse function: rotations, 3D joints, reprojection, shape and camera; the best hypothesis learns most."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

from smpl_assets.body.pose import BodyPose
from smpl_assets.camera import project
from smpl_assets.inverse.crop import CROP_PX
from smpl_assets.inverse.networks import Hypotheses
from smpl_assets.inverse.pairs import Pairs, to_shared
from smpl_assets.inverse.rig import Rig, points, pose_rig

WEIGHTS = {"joints": 10.0, "root": 1.0, "rotations": 1.0, "reprojection": 4.0, "shape": 0.05, "camera": 1.0}
_EVERYONE = 0.08  # share of the loss that all hypotheses carry, so that none is left behind


def hypothesis_losses(guess: Hypotheses, pairs: Pairs, rig: Rig, skeleton: str) -> dict[str, Float[Tensor, "batch hypotheses"]]:
    """Each term per hypothesis, unweighted.

    joints: mean distance, m, pelvis at the origin, in camera axes. root, rotations: squared chordal distance. reprojection:
    smooth L1 over half the crop, joints that are not annotated included. shape: squared. camera: L1.
    """
    count = guess.shape.shape[1]
    true, focal = pairs.body.repeated(count), pairs.focal.repeat_interleave(count, 0)
    found = BodyPose.at_origin(guess.rotations.flatten(0, 1), guess.shape.flatten(0, 1))
    truth = pose_rig(rig, replace(pairs.body, transl=torch.zeros_like(pairs.body.transl)))
    posed = pose_rig(rig, found)
    spots = to_shared(skeleton, points(rig.attachments[skeleton], posed, found.shape))
    placed = spots + guess.transl(pairs.focal).flatten(0, 1)[:, None]
    image = project(placed, torch.stack([focal, focal, torch.zeros_like(focal), torch.zeros_like(focal)], 1))
    wanted = pairs.clean.repeat_interleave(count, 0)
    half = CROP_PX / 2
    terms = {
        "joints": (posed.joints - truth.joints.repeat_interleave(count, 0)).norm(dim=-1).mean(1),
        "root": ((found.global_orient - true.global_orient) ** 2).sum((1, 2)),
        "rotations": ((found.body_pose - true.body_pose) ** 2).sum((2, 3)).mean(1),
        "reprojection": smooth_l1_loss(image / half, wanted / half, reduction="none", beta=0.05).clamp(max=5.0).sum(-1).mean(1),
        "shape": ((found.shape - true.shape) ** 2).mean(1),
        "camera": (guess.camera.flatten(0, 1) - true_camera(true.transl, focal)).abs().sum(1),
    }
    return {name: value.unflatten(0, (-1, count)) for name, value in terms.items()}


def true_camera(transl: Float[Tensor, "batch 3"], focal_px: Float[Tensor, " batch"]) -> Float[Tensor, "batch 3"]:
    """What Hypotheses.camera should say of a body at transl."""
    scale = focal_px / (CROP_PX / 2) / transl[:, 2]
    return torch.cat([transl[:, :2] * scale[:, None], scale.log()[:, None]], 1)


def total_loss(guess: Hypotheses, pairs: Pairs, rig: Rig, skeleton: str) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """The loss of a batch and figures of its best hypotheses.

    The best hypothesis of each person learns (relaxed winner takes all, Rupprecht et al. 2017); the scores learn which it was.
    """
    terms = hypothesis_losses(guess, pairs, rig, skeleton)
    each = sum((WEIGHTS[name] * value for name, value in terms.items()), torch.zeros(()))
    best = each.argmin(1, keepdim=True)
    share = _EVERYONE if each.shape[1] > 1 else 0.0
    chosen = (1.0 - share) * each.gather(1, best).mean() + share * each.mean()
    loss = chosen - 0.2 * guess.log_score.gather(1, best).mean()
    return loss, {name: value.gather(1, best).mean().detach() for name, value in terms.items()}
