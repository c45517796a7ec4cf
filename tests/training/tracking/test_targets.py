"""Pixel truth of the tracker's targets on hand-made limbs, and what holds for all of them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS, Skeleton
from training.tracking.skeleton_limbs import Limbs, limbs_of
from training.tracking.targets import Grid, accumulated, affinity, heatmaps, joint_flow, limb_flow

ROD = limbs_of(Skeleton("rod", ("left_end", "right_end"), (("left_end", "right_end"),)))
PERSON = limbs_of(SKELETONS["posetrack15"])
GRID = Grid(rows=12, columns=16, stride=4)
WIDTH, STILL = 4.0, 1.0
NAN = float("nan")


def rods(*ends):
    """One picture with a rod per person: (x, y) of its two ends."""
    return torch.tensor([list(ends)], dtype=torch.float32)


def flow(before, after):
    return limb_flow(before, after, ROD, GRID, WIDTH, STILL)[0].numpy()


def centres():
    return np.meshgrid((np.arange(16) + 0.5) * 4, (np.arange(12) + 0.5) * 4)


def test_the_limbs_of_posetrack_are_the_thesis_tree():
    assert len(PERSON) == 14
    assert PERSON.pairs[0][0] == SKELETONS["posetrack15"].index("head_bottom")
    assert {"head_bottom-left_hip", "nose-head_top", "left_hip-left_knee", "right_elbow-right_wrist"} <= set(PERSON.names)
    assert [PERSON.flip[n] for n in PERSON.flip] == list(range(14))
    assert len(limbs_of(SKELETONS["posetrack17"])) == 14  # its ears have no limb


@pytest.mark.parametrize("name", SKELETONS)
def test_every_skeleton_has_a_tree_whose_upper_joints_come_first(name):
    limbs = limbs_of(SKELETONS[name])
    known = {limbs.pairs[0][0]}
    for upper, lower in limbs.pairs:
        assert upper in known
        assert lower not in known
        known.add(lower)


def test_a_skeleton_without_limbs_is_refused():
    with pytest.raises(InputError, match="no limb that begins at a"):
        limbs_of(Skeleton("dots", ("a", "b"), ()))


def test_a_translated_limb_sweeps_its_rectangle():
    x, y = centres()
    drawn = flow(rods([(22.0, 10.0), (22.0, 34.0)]), rods([(30.0, 10.0), (30.0, 34.0)]))
    sections = np.linspace(10, 34, 20)
    near = np.abs(y[..., None] - sections)
    across = np.maximum(0, np.maximum(22 - x, x - 30))[..., None]
    expected = (near**2 + across**2 <= WIDTH**2).any(-1)
    assert expected[2:9, 5:8].all()
    np.testing.assert_array_equal(drawn[0] == 1, expected)
    assert not drawn[1].any()
    assert not drawn[0][~expected].any()


def test_a_turned_limb_is_a_fan_that_its_fixed_end_is_no_part_of():
    drawn = flow(rods([(30.0, 6.0), (30.0, 38.0)]), rods([(30.0, 6.0), (50.0, 38.0)]))
    assert drawn[0, 9, 9] == 1
    assert drawn[1, 9, 9] == 0
    assert not drawn[:, :1].any()  # (30, 2): the fixed end


def test_people_who_meet_head_on_cancel_and_count():
    left, right = [(14.0, 22.0), (14.0, 30.0)], [(30.0, 22.0), (30.0, 30.0)]
    both = flow(rods(left, right), rods(right, left))
    assert not both.any()
    third = [(6.0, 22.0), (6.0, 30.0)]
    with_still = flow(rods(left, third), rods(right, third))
    assert (with_still[0] == 1).any()  # who stands still is not counted


def test_a_still_limb_and_one_that_a_frame_lacks_draw_nothing():
    rod = [(22.0, 10.0), (22.0, 34.0)]
    assert not flow(rods(rod), rods([(22.5, 10.0), (22.5, 34.0)])).any()
    assert not flow(rods(rod), rods([(NAN, NAN), (40.0, 34.0)])).any()


def test_sections_that_cross_in_opposite_directions_leave_no_direction():
    drawn = flow(rods([(10.0, 21.0), (50.0, 21.0)]), rods([(50.0, 21.0), (10.0, 21.0)]))
    assert not drawn.any()


def test_affinity_is_the_limb_s_direction_within_its_width():
    x, y = centres()
    field = affinity(rods([(10.0, 22.0), (50.0, 22.0)]), ROD, GRID, WIDTH)[0].numpy()
    beyond = np.maximum(0, np.maximum(10 - x, x - 50))
    near = beyond**2 + (y - 22) ** 2 <= WIDTH**2
    np.testing.assert_array_equal(field[0] == 1, near)
    assert not field[1].any()
    assert near.sum() == 3 * 11 + 2


def test_joint_flow_is_the_way_of_each_joint():
    drawn = joint_flow(rods([(10.0, 10.0), (22.0, 34.0)]), rods([(10.0, 30.0), (22.0, 34.0)]), GRID, WIDTH, STILL)[0].numpy()
    assert drawn[1, 5, 2] == 1
    assert not drawn[0].any()
    assert not drawn[2:].any()


def test_heatmaps_peak_at_the_joint_and_leave_the_rest_to_the_background():
    maps = heatmaps(rods([(22.0, 10.0), (NAN, NAN)], [(30.0, 10.0), (42.0, 22.0)]), GRID, 5.0)[0]
    assert maps.shape == (3, 12, 16)
    assert maps[0, 2, 5] == 1
    assert maps[0, 2, 7] == 1
    assert maps[1, 5, 10] == 1
    assert maps[0, 2, 6] == pytest.approx(np.exp(-16 / 50), abs=1e-6)  # the highest, not the sum
    torch.testing.assert_close(maps[2], 1 - maps[:2].amax(0))


def test_nobody_is_background():
    nobody = torch.empty(2, 0, 2, 2)
    assert not limb_flow(nobody, nobody, ROD, GRID, WIDTH, STILL).any()
    assert not affinity(nobody, ROD, GRID, WIDTH).any()
    maps = heatmaps(nobody, GRID, 5.0)
    assert not maps[:, :2].any()
    assert (maps[:, 2] == 1).all()


def test_the_accumulated_map_is_the_mean_over_limbs_that_move():
    maps = torch.zeros(1, 6, 1, 1)
    maps[0, :, 0, 0] = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    assert accumulated(maps)[0, :, 0, 0].tolist() == [0.5, 0.5]


places = arrays(np.float32, (1, 3, 15, 2), elements=st.floats(-20, 80, width=32) | st.just(np.float32("nan")))


@settings(max_examples=30, deadline=None)
@given(places, places)
def test_properties_of_limb_flow(before, after):
    first, second = torch.from_numpy(before), torch.from_numpy(after)
    drawn = limb_flow(first, second, PERSON, GRID, WIDTH, STILL)
    vectors = drawn.unflatten(1, (14, 2))
    assert vectors.norm(dim=2).max() <= 1 + 1e-6
    assert_zero_outside(vectors[0], before[0], after[0])
    torch.testing.assert_close(limb_flow(second, first, PERSON, GRID, WIDTH, STILL), -drawn, atol=1e-5, rtol=0)


def assert_zero_outside(vectors, before, after):
    """Nothing is drawn farther than WIDTH from the hull of both frames' limbs: checked on their bounding boxes."""
    x, y = centres()
    for limb, (a, b) in enumerate(PERSON.pairs):
        inside = np.zeros(x.shape, bool)
        for person in range(len(before)):
            ends = np.stack([before[person, [a, b]], after[person, [a, b]]]).reshape(4, 2)
            if np.isfinite(ends).all():
                low, high = ends.min(0) - WIDTH - 1e-3, ends.max(0) + WIDTH + 1e-3
                inside |= (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
        assert not vectors[limb].numpy()[:, ~inside].any()


def reference(before, after, limbs, grid):
    """(5.1) to (5.3), one cell at a time, of one picture's people."""
    found = np.zeros((2 * len(limbs), grid.rows, grid.columns))
    for limb, ends in enumerate(limbs.pairs):
        for row in range(grid.rows):
            for column in range(grid.columns):
                cell = np.array([(column + 0.5) * 4, (row + 0.5) * 4])
                people = [at_cell(cell, p[list(ends)], q[list(ends)]) for p, q in zip(before, after, strict=True)]
                if people := [vector for vector in people if vector.any()]:
                    found[2 * limb : 2 * limb + 2, row, column] = np.mean(people, 0)
    return found


def at_cell(cell, first, second):
    """One person's vector (5.2) of one limb at one cell."""
    total = np.zeros(2)
    for share in np.linspace(0, 1, 20):
        start, end = ((1 - share) * e[0] + share * e[1] for e in (first, second))
        length = np.linalg.norm(end - start)
        if length >= STILL:
            unit = (end - start) / length
            on_way = start + unit * np.clip((cell - start) @ unit, 0, length)
            if np.linalg.norm(cell - on_way) <= WIDTH:
                total += unit
    return total / np.linalg.norm(total) if np.linalg.norm(total) > 1e-3 else np.zeros(2)


def test_limb_flow_is_what_the_equations_say_cell_by_cell():
    draw, limbs, grid = np.random.default_rng(3), Limbs(PERSON.skeleton, PERSON.pairs[:3]), Grid(9, 10, 4)
    before = draw.uniform(0, 38, (2, 15, 2)).round(1).astype(np.float32)
    after = before + draw.uniform(-15, 15, (2, 15, 2)).round(1).astype(np.float32)
    after[0, 3] = np.nan
    drawn = limb_flow(torch.from_numpy(before[None]), torch.from_numpy(after[None]), limbs, grid, WIDTH, STILL)[0].numpy()
    expected = reference(before.astype(float), after.astype(float), limbs, grid)
    assert (expected != 0).mean() > 0.2
    assert (np.abs(drawn - expected) > 1e-4).mean() < 5e-3  # cells at the very edge, where float32 decides


def test_a_mirrored_world_has_mirrored_flow():
    draw = np.random.default_rng(4)
    before = torch.from_numpy(draw.uniform(4, 60, (1, 2, 15, 2)).astype(np.float32))
    after = before + torch.from_numpy(draw.uniform(-9, 9, (1, 2, 15, 2)).astype(np.float32))
    drawn = limb_flow(before, after, PERSON, GRID, WIDTH, STILL)

    def mirrored(points):
        flipped = points[:, :, list(SKELETONS["posetrack15"].flip)].clone()
        flipped[..., 0] = GRID.columns * GRID.stride - flipped[..., 0]
        return flipped

    turned = limb_flow(mirrored(before), mirrored(after), PERSON, GRID, WIDTH, STILL).unflatten(1, (14, 2))
    expected = drawn.unflatten(1, (14, 2))[:, list(PERSON.flip)].flip(-1) * torch.tensor([-1.0, 1.0]).view(1, 1, 2, 1, 1)
    assert ((turned - expected).abs() > 1e-3).float().mean() < 2e-3
