"""A skeleton from the names and edges of a file: sides, pairs, edges, what it is called."""

from pathlib import Path

import numpy as np
import pytest

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton, missing_limbs, shared13_sources, side_colour
from training.datasets.categories import skeleton_from_names
from training.datasets.sides import find_sides

COCO = SKELETONS["coco17"]
FILE = Path("people.json")


def made(names, edges=(), category="thing", **changes):
    return skeleton_from_names(names, edges, category, FILE, **changes)[0]


SPELT = {
    "left_eye": "right_eye", "eye_left": "eye_right", "eyeL": "eyeR", "L_Eye": "R_Eye", "lEye": "rEye", "LEye": "REye",
    "l.eye": "r.eye", "eye.l": "eye.r", "Left Eye": "Right Eye", "eye (left)": "eye (right)", "LEFT-EYE": "RIGHT-EYE",
    "lefteye": "righteye", "eyeleft": "eyeright", "leye": "reye", "eyel": "eyer", "LeftEye": "RightEye", "lt_eye": "rt_eye",
}  # fmt: skip


@pytest.mark.parametrize("left", SPELT)
def test_a_side_is_recognised_anywhere_in_a_name(left):
    skeleton = made(["snout", SPELT[left], left])
    assert skeleton.keypoints == ("snout", "right_eye", "left_eye")
    assert skeleton.flip == (0, 2, 1)
    assert skeleton.colours[2] == side_colour("left_x")


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["L_F_Elbow", "R_F_Elbow", "L_B_Elbow", "R_B_Elbow"], [(0, 1), (2, 3)]),
        (["front_left_paw", "front_right_paw", "tail"], [(0, 1)]),
        (["eyeL1", "eyeL2", "eyeR1", "eyeR2"], [(0, 2), (1, 3)]),
        (["hip_l", "hip_right"], [(0, 1)]),
        (["left", "right", "top"], [(0, 1)]),
        (["left_eye_left_corner", "left_eye_right_corner", "right_eye_left_corner", "right_eye_right_corner"], [(0, 3), (1, 2)]),
    ],
)
def test_pairs_of_longer_names(names, pairs):
    flip = list(range(len(names)))
    for a, b in pairs:
        flip[a], flip[b] = b, a
    skeleton = made(names)
    assert skeleton.flip == tuple(flip)
    assert skeleton.mirrors
    assert Skeleton.from_json(skeleton.to_json()) == skeleton


@pytest.mark.parametrize(
    "names",
    [
        ["wrist", *(f"{f}{k}" for f in ("thumb", "index", "middle", "ring", "pinky") for k in (1, 2, 3, 4))],
        [str(n) for n in range(1, 69)],
        [f"point_{chr(97 + n)}" for n in range(26)],
        ["left_wrist", "left_thumb", "left_ring"],
        ["lip", "ring", "root", "lid"],
    ],
)
def test_where_no_name_has_another_side_nothing_is_a_pair(names):
    skeleton = made(names)
    assert skeleton.keypoints == tuple(names)
    assert skeleton.flip == tuple(range(len(names)))
    assert not skeleton.mirrors


def test_one_side_of_a_pair_alone_among_pairs_is_an_error():
    with pytest.raises(InputError, match=r"'Left Wing' has no 'right_wing'"):
        made(["Left Wing", "left_leg", "right_leg"])


RESPELT = {
    "another order": lambda n, k: n, "suffix": lambda n, k: "_".join(reversed(n.split("_"))), "capitals": lambda n, k: n.upper(),
    "camel": lambda n, k: n.title().replace("_", ""),
    "glued letters": lambda n, k: n.replace("left_", "L").replace("right_", "R"),
    "a word before": lambda n, k: f"body.{n}", "numbers before": lambda n, k: f"{k:02d} {n}",
}  # fmt: skip


@pytest.mark.parametrize("how", RESPELT)
def test_cocos_names_in_any_spelling_and_order_are_coco17(how):
    order = np.random.default_rng(1).permutation(17)
    names = [RESPELT[how](COCO.keypoints[i], k) for k, i in enumerate(order)]
    skeleton, where = skeleton_from_names(names, [], "person", FILE)
    assert skeleton is COCO
    assert [order[w] for w in where] == list(range(17))


DOG = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_front_paw", "right_front_paw", "left_hind_paw",
       "right_hind_paw", "tail"]  # fmt: skip
WANTED = (("nose", "left_eye"), ("nose", "right_eye"), ("left_front_paw", "left_hind_paw"), ("right_front_paw", "right_hind_paw"))


@pytest.mark.parametrize(
    ("edges", "limbs"),
    [
        ([[0, 1], [0, 2], [5, 7], [6, 8]], WANTED),
        ([[1, 2], [1, 3], [6, 8], [7, 9]], WANTED),
        ([[5, 7], [6, 8]], WANTED[2:]),  # no 0 and no 10 tell, but only from 0 are these two mirror images
        ([["nose", "left_eye"], ["nose", "right_eye"]], WANTED[:2]),
        ([[1.0, 2.0], ("1", "3"), [1, 2], [1, 1], [1, 99], [-1, 2], [True, 2], [1, 2, 3], None, [1, None]], WANTED[:2]),
        ([[1, 2]], WANTED[:1]),
        ([], ()),
    ],
)
def test_edges_from_one_from_zero_and_by_name(edges, limbs):
    assert made(DOG, edges, "dog").limbs == limbs


@pytest.mark.parametrize(
    ("category", "name"),
    [("dog", "dog10"), ("Person/Adult", "person_adult10"), ("人", "人10"), ("", "own10"), (None, "own10"), (5, "5_10"),
     ("a" * 300, "a" * 40 + "10"), ({"x": 1}, "x_1_10")],
)  # fmt: skip
def test_a_skeleton_is_called_after_its_category_whatever_that_is(category, name):
    assert made(DOG, (), category).name == name


def test_no_skeleton_is_called_like_a_known_one():
    assert made([*DOG, *"abcd"], (), "lsp").name == "lsp14_own"


CROWDPOSE = [*COCO.keypoints[5:], "head", "neck"]


def test_fourteen_point_people_have_limbs_and_a_head_segment():
    skeleton = made(CROWDPOSE, [], "person")
    assert skeleton.keypoints[-2:] == ("head_top", "neck")
    assert skeleton.head == ("neck", "head_top")
    assert ("left_shoulder", "left_elbow") in skeleton.limbs
    assert not missing_limbs(skeleton)
    assert shared13_sources(skeleton)[0] == (13, 12)
    assert made([*CROWDPOSE, "nose"], [], "person").keypoints[12] == "head"


def test_a_head_that_nothing_stands_for_is_left_out_of_the_shared_joints():
    skeleton = made(list(COCO.keypoints[5:]), [], "person")
    assert shared13_sources(skeleton) == ((), *((i,) for i in range(12)))
    with pytest.raises(InputError, match=r"no body can be fitted, for it lacks left_shoulder, .*right_ankle"):
        shared13_sources(made(DOG))


def test_a_flip_permutation_of_the_file_goes_before_names():
    skeleton = made([f"kpt_{i}" for i in range(5)], flip=(0, 2, 1, 4, 3))
    assert skeleton.flip == (0, 2, 1, 4, 3)
    assert [skeleton.colours[i] for i in (1, 2)] == [side_colour("left_"), side_colour("right_")]
    assert Skeleton.from_json(skeleton.to_json()) == skeleton
    assert made(["eyeL", "eyeR", "chin"], flip=(1, 0, 2)).pairs == ()


def test_a_part_of_a_skeleton_keeps_what_is_within_it():
    part = made([*CROWDPOSE, "hat"], [[13, 14], [1, 3], [13, 15]], "person").part(CROWDPOSE[:12])
    assert part.keypoints == tuple(CROWDPOSE[:12])
    assert part.limbs == (("left_shoulder", "left_elbow"),)
    assert part.head == ()
    assert COCO.part(COCO.keypoints) is COCO


def test_names_that_only_punctuation_tells_apart_stay_apart():
    assert find_sides(["a+", "a-", "b c"]).names == ("a+", "a-", "b_c")
