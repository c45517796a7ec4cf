"""Skeletons as data: everything about a data set's keypoints that code may need is derived from these tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from smpl_assets.errors import InputError

_SIGMA = {
    "nose": 0.026, "eye": 0.025, "ear": 0.035, "shoulder": 0.079, "elbow": 0.072, "wrist": 0.062, "hip": 0.107,
    "knee": 0.087, "ankle": 0.089, "head_top": 0.026, "head_bottom": 0.026, "neck": 0.079, "thorax": 0.079,
    "pelvis": 0.107, "head": 0.026,
}  # fmt: skip


@dataclass(frozen=True)
class Skeleton:
    """The keypoints of one annotation style.

    keypoints: names, in file order; a left/right pair shares its name but for the prefix `left_` / `right_`.
    limbs: pairs of keypoint names to draw.
    head: the two keypoints whose distance is the head length where no head box is given, or () if there are none.
    torso: the two keypoints whose distance is the torso diameter of PCK (eq 2.1).

    How the data set that made it is used, where the user asks for `auto`:
    crop: the training crop is about the person's `box`, or its `center` and scale.
    normalisation: of poses that are compared (`training.rarity.normalise`): `mpii`, `coco`, `box`.
    metric: of the main table where the data set gives no head sizes: `pck`, `oks_ap`.
    """

    name: str
    keypoints: tuple[str, ...]
    limbs: tuple[tuple[str, str], ...]
    head: tuple[str, ...] = ()
    torso: tuple[str, str] = ("left_shoulder", "right_hip")
    crop: str = "box"
    normalisation: str = "box"
    metric: str = "pck"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Skeleton:
        """Inverse of `to_json`, from what a JSON file gives back."""
        limbs = tuple((a, b) for a, b in values["limbs"])
        names = {n: tuple(values[n]) for n in ("keypoints", "head", "torso")}
        return cls(**{**values, **names, "limbs": limbs})

    def __len__(self) -> int:
        return len(self.keypoints)

    def index(self, keypoint: str) -> int:
        """Position of a keypoint; InputError naming the known ones if there is none."""
        if keypoint not in self.keypoints:
            raise InputError(f"skeleton {self.name} has no keypoint '{keypoint}'; it has {', '.join(self.keypoints)}")
        return self.keypoints.index(keypoint)

    @property
    def flip(self) -> tuple[int, ...]:
        """Permutation that swaps left and right: flipped = keypoints[:, flip]."""
        swap = {"left_": "right_", "right_": "left_"}
        names = [next((swap[p] + n[len(p) :] for p in swap if n.startswith(p)), n) for n in self.keypoints]
        return tuple(self.keypoints.index(n) for n in names)

    @property
    def limb_indices(self) -> tuple[tuple[int, int], ...]:
        """Limbs as index pairs."""
        return tuple((self.keypoints.index(a), self.keypoints.index(b)) for a, b in self.limbs)

    @property
    def sigmas(self) -> tuple[float, ...]:
        """OKS sigmas: COCO's, and for points COCO lacks those of the nearest one it has."""
        return tuple(_SIGMA.get(n.split("_", 1)[1] if n.startswith(("left_", "right_")) else n, 0.079) for n in self.keypoints)

    @property
    def colours(self) -> tuple[tuple[int, int, int], ...]:
        """RGB per keypoint: left blue-green, right orange, middle violet."""
        return tuple(side_colour(n) for n in self.keypoints)


def side_colour(keypoint: str) -> tuple[int, int, int]:
    """RGB by a keypoint's side: left blue-green, right orange, middle violet."""
    return (0, 158, 170) if keypoint.startswith("left_") else (230, 120, 20) if keypoint.startswith("right_") else (140, 80, 190)


_COCO = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_ARMS_LEGS = tuple(
    (f"{s}_{a}", f"{s}_{b}")
    for s in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
_TRUNK = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)  # fmt: skip
_FACE = (("nose", "left_eye"), ("nose", "right_eye"), ("left_eye", "left_ear"), ("right_eye", "right_ear"))
_NOSED_HEAD = (("head_bottom", "nose"), ("nose", "head_top"), ("left_shoulder", "head_bottom"), ("right_shoulder", "head_bottom"))
_SPINE = (
    ("pelvis", "left_hip"), ("pelvis", "right_hip"), ("pelvis", "thorax"), ("thorax", "head_bottom"),
    ("head_bottom", "head_top"), ("thorax", "left_shoulder"), ("thorax", "right_shoulder"),
)  # fmt: skip
_HEAD = (("head_bottom", "head_top"), ("left_shoulder", "head_bottom"), ("right_shoulder", "head_bottom"))

SKELETONS: dict[str, Skeleton] = {
    s.name: s
    for s in (
        Skeleton(
            "coco17",
            _COCO,
            _ARMS_LEGS + _TRUNK + _FACE,
            normalisation="coco",
            metric="oks_ap",
        ),
        Skeleton(
            "mpii16",
            ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "thorax", "head_bottom",
             "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist"),
            _ARMS_LEGS + _SPINE,
            head=("head_bottom", "head_top"),
            crop="center",
            normalisation="mpii",
        ),
        Skeleton(
            "lsp14",
            ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
             "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "head_bottom", "head_top"),
            _ARMS_LEGS + _TRUNK + _HEAD,
            head=("head_bottom", "head_top"),
        ),
        Skeleton(
            "posetrack15",
            ("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "right_wrist", "right_elbow",
             "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "head_bottom", "nose", "head_top"),
            _ARMS_LEGS + _TRUNK + _NOSED_HEAD,
            head=("head_bottom", "head_top"),
        ),
        Skeleton(
            "posetrack17",
            ("nose", "head_bottom", "head_top", *_COCO[3:]),
            _ARMS_LEGS + _TRUNK + _NOSED_HEAD,
            head=("head_bottom", "head_top"),
        ),
        Skeleton(
            "body21",
            (*_COCO, "pelvis", "thorax", "neck", "head_top"),
            _ARMS_LEGS + _TRUNK + _FACE + (("neck", "head_top"),),
        ),
        Skeleton("shared13", ("head", *_COCO[5:]), _ARMS_LEGS + _TRUNK + (("left_shoulder", "head"), ("right_shoulder", "head"))),
    )
}  # fmt: skip

# What stands for the shared skeleton's `head` (T 4.2.2: "head/nose"): the nose where there is one, else the middle of the head.
_SHARED_HEAD = {"coco17": ("nose",), "posetrack15": ("nose",), "posetrack17": ("nose",), "shared13": ("head",)}


def get_skeleton(name: str) -> Skeleton:
    """A known skeleton; InputError naming the known ones otherwise."""
    if name not in SKELETONS:
        raise InputError(f"skeleton '{name}' is not known; known: {', '.join(SKELETONS)}", "declare it: docs/extending.md")
    return SKELETONS[name]


def shared13_sources(name: str) -> tuple[tuple[int, ...], ...]:
    """For each of the 13 shared joints the keypoints of skeleton `name` whose mean it is (all must be annotated)."""
    skeleton = get_skeleton(name)
    head = _SHARED_HEAD.get(name, ("head_bottom", "head_top"))
    rows = [tuple(skeleton.index(k) for k in head)]
    return tuple(rows + [(skeleton.index(k),) for k in SKELETONS["shared13"].keypoints[1:]])
