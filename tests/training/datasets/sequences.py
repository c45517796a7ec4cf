"""Made sequences: people walking through frames, for tests of files, metrics and trackers."""

from __future__ import annotations

import numpy as np

from smpl_assets.skeletons import get_skeleton
from training.tracking.people import Frame, People, Sequence

JOINTS = get_skeleton("posetrack15").keypoints
# A standing person of height 1 with the feet at y = 1, in the order of posetrack15.
STANDING = np.array([
    [-.1, 1], [-.1, .75], [-.08, .5], [.08, .5], [.1, .75], [.1, 1], [-.2, .52], [-.18, .36], [-.12, .2], [.12, .2], [.18, .36],
    [.2, .52], [0, .16], [0, .09], [0, 0],
])  # fmt: skip


def people(at: np.ndarray, ids: list[int], height: float = 100.0, **changes: np.ndarray) -> People:
    """Standing people. at: (P, 2) px of the top of each head."""
    count = len(ids)
    keypoints = at.reshape(count, 1, 2) + height * STANDING
    head = np.concatenate([keypoints[:, -1] - (0.08 * height, 0), keypoints[:, -1] + (0.08 * height, 0.16 * height)], axis=1)
    values = {
        "keypoints": keypoints, "joint_scores": np.ones((count, 15)), "visible": np.ones((count, 15), bool),
        "scores": np.ones(count), "ids": np.array(ids, np.int64), "head_boxes": head,
    }  # fmt: skip
    return People(**(values | changes))


def sequence(frames: list[People | None], name: str = "000001_mpii_test", **changes) -> Sequence:
    """A sequence of these frames, named as poseval wants them."""
    listed = tuple(Frame(f"images/val/{name}/{n:06d}.jpg", 10_000 + n, found) for n, found in enumerate(frames))
    return Sequence(name, JOINTS, 480, 640, listed, **changes)


def walk(count: int, steps: int, rng: np.random.Generator, speed: float = 8.0) -> Sequence:
    """People walking straight on, each from somewhere to somewhere."""
    start, step = rng.uniform(50, 400, (count, 2)), rng.uniform(-speed, speed, (count, 2))
    return sequence([people(start + n * step, list(range(count))) for n in range(steps)])


def same(a: Sequence, b: Sequence, atol: float = 0.0) -> None:
    """Assert that two sequences are equal, pixels to `atol`."""
    assert (a.name, a.joints, a.height, a.width, a.facts) == (b.name, b.joints, b.height, b.width, b.facts)
    assert [(f.image, f.image_id, f.people is None) for f in a.frames] == [
        (f.image, f.image_id, f.people is None) for f in b.frames
    ]
    for one, other in zip(a.frames, b.frames, strict=True):
        for p, q in zip(one.ignore, other.ignore, strict=True):
            np.testing.assert_allclose(p, q, rtol=0, atol=atol)
        if one.people is not None and other.people is not None:
            for field in ("ids", "visible", "joint_scores", "scores"):
                np.testing.assert_array_equal(getattr(one.people, field), getattr(other.people, field))
            for field in ("keypoints", "head_boxes"):
                np.testing.assert_allclose(getattr(one.people, field), getattr(other.people, field), rtol=0, atol=atol)
