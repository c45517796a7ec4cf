"""A pose in SMPL's terms puts Anny and a file in SMPL's format into the same posture."""

import pytest
import torch

from smpl_assets.body.protocol import SMPL_JOINTS

LIMBS = [
    (f"{side}_{a}", f"{side}_{b}", 1.0)
    for side in ("left", "right")
    for a, b in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand"))
]
# The trunk's joints are the models' own; its axes agree within what their rest postures differ by.
TRUNK = [
    ("left_shoulder", "right_shoulder", 8.0),
    ("left_hip", "right_hip", 1.0),
    ("pelvis", "neck", 11.0),
    ("left_ankle", "left_foot", 18.0),
]


@pytest.mark.parametrize(("start", "end", "degrees"), LIMBS + TRUNK)
def test_bone_directions_agree(anny, smpl, poses, start, end, degrees):
    n = len(poses)
    ours = anny(poses.pose(torch.zeros(n, 12))).joints
    theirs = smpl(poses.pose(torch.zeros(n, 10))).joints
    a, b = (j[:, SMPL_JOINTS.index(end)] - j[:, SMPL_JOINTS.index(start)] for j in (ours, theirs))
    angle = torch.rad2deg(torch.acos(torch.nn.functional.cosine_similarity(a, b).clamp(-1, 1)))
    assert angle.max() < degrees


def test_keypoints_of_limbs_are_in_the_same_places(anny, smpl, poses):
    """Bodies of other proportions, same posture: limbs' keypoints point the same way within ten degrees."""
    from smpl_assets.skeletons import SKELETONS

    n, skeleton = len(poses), SKELETONS["coco17"]
    ours = anny.keypoints(skeleton, anny(poses.pose(torch.zeros(n, 12))))
    theirs = smpl.keypoints(skeleton, smpl(poses.pose(torch.zeros(n, 10))))
    for start, end in (("left_knee", "left_ankle"), ("right_elbow", "right_wrist"), ("left_hip", "left_knee")):
        a, b = (k[:, skeleton.index(end)] - k[:, skeleton.index(start)] for k in (ours, theirs))
        cosine = torch.nn.functional.cosine_similarity(a, b)
        assert torch.rad2deg(torch.acos(cosine.clamp(-1, 1))).median() < 10
