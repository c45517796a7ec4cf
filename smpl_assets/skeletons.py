"""Skeletons as data: everything about a data set's keypoints that code may need is derived from these tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
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
    pairs: (left, right) where the names do not say it by their prefixes: then these are all pairs there are.
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
    pairs: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values; `pairs` only where there are some."""
        values = asdict(self)
        return values if self.pairs else {name: value for name, value in values.items() if name != "pairs"}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Skeleton:
        """Inverse of `to_json`, from what a JSON file gives back."""
        pairs = {n: tuple((a, b) for a, b in values.get(n, ())) for n in ("limbs", "pairs")}
        names = {n: tuple(values[n]) for n in ("keypoints", "head", "torso")}
        return cls(**{**values, **names, **pairs})

    def part(self, keypoints: Collection[str]) -> Skeleton:
        """The same skeleton with these of its keypoints only, in its own order; itself where that is all of them."""
        if set(self.keypoints) <= set(keypoints):
            return self
        kept = tuple(k for k in self.keypoints if k in keypoints)
        limbs, pairs = (tuple(p for p in both if set(p) <= set(kept)) for both in (self.limbs, self.pairs))
        return replace(self, keypoints=kept, limbs=limbs, pairs=pairs, head=self.head if set(self.head) <= set(kept) else ())

    def __len__(self) -> int:
        return len(self.keypoints)

    def index(self, keypoint: str) -> int:
        """Position of a keypoint; InputError naming the known ones if there is none."""
        if keypoint not in self.keypoints:
            raise InputError(f"skeleton {self.name} has no keypoint '{keypoint}'; it has {', '.join(self.keypoints)}")
        return self.keypoints.index(keypoint)

    @property
    def sides(self) -> tuple[tuple[str, str], ...]:
        """The (left, right) pairs."""
        lefts = [n for n in self.keypoints if n.startswith("left_")]
        found = ((left, "right_" + left.removeprefix("left_")) for left in lefts)
        return self.pairs or tuple(pair for pair in found if pair[1] in self.keypoints)

    @property
    def flip(self) -> tuple[int, ...]:
        """Permutation that swaps left and right: flipped = keypoints[:, flip]."""
        swap = {one: other for pair in self.sides for one, other in (pair, pair[::-1])}
        return tuple(self.keypoints.index(swap.get(n, n)) for n in self.keypoints)

    @property
    def mirrors(self) -> bool:
        """Whether a mirror image can be labelled: without any pair nothing says which keypoints a mirror swaps."""
        return bool(self.sides)

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
        named = {name: side for pair in self.pairs for name, side in zip(pair, ("left_", "right_"), strict=True)}
        return tuple(side_colour(named.get(n, n)) for n in self.keypoints)


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
PERSON_LIMBS = _ARMS_LEGS + _TRUNK
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

# What stands for the shared skeleton's `head` (T 4.2.2: "head/nose"), the first that a skeleton has: the nose, else the middle of
# the head.
_SHARED_HEAD = (
    ("nose",), ("head_bottom", "head_top"), ("neck", "head_top"), ("head",), ("left_ear", "right_ear"), ("left_eye", "right_eye"),
)  # fmt: skip


def get_skeleton(name: str) -> Skeleton:
    """A known skeleton; InputError naming the known ones otherwise."""
    if name not in SKELETONS:
        raise InputError(f"skeleton '{name}' is not known; known: {', '.join(SKELETONS)}", "declare it: docs/extending.md")
    return SKELETONS[name]


def missing_limbs(skeleton: Skeleton) -> tuple[str, ...]:
    """Which of the twelve limb joints (shoulders to wrists, hips to ankles) it lacks; a body can be fitted where that is none."""
    return tuple(k for k in SKELETONS["shared13"].keypoints[1:] if k not in skeleton.keypoints)


def require_limbs(skeleton: Skeleton) -> None:
    """InputError naming the limb joints that a skeleton lacks, since a body is fitted through them."""
    if missing := missing_limbs(skeleton):
        raise InputError(
            f"skeleton {skeleton.name}: no body can be fitted, for it lacks {', '.join(missing)}",
            'leave out the recipes with rendered people (train.variants = ["baseline", "drp"]), or name these joints in the file',
        )


def shared13_sources(skeleton: Skeleton) -> tuple[tuple[int, ...], ...]:
    """For each of the 13 shared joints the keypoints whose mean it is (all must be annotated); () for a head without any.

    InputError as `require_limbs`.
    """
    require_limbs(skeleton)
    head = next((names for names in _SHARED_HEAD if set(names) <= set(skeleton.keypoints)), ())
    limbs = SKELETONS["shared13"].keypoints[1:]
    return (tuple(skeleton.index(k) for k in head), *((skeleton.index(k),) for k in limbs))
