from collections import Counter

import numpy as np
import pytest

from tests.training.conftest import PEOPLE, RARE
from training.feeds.order import Order
from training.recipes import recipe_of

BATCH, STEPS = 8, 40


@pytest.fixture
def order(world, quick):
    def build(variant: str = "drp+asrpt", **options: object) -> tuple[list[str], list[tuple[int, int]]]:
        """The group of each sample, and the visits of a training."""
        samples = world.samples(recipe_of(variant), 1.0)
        draw = Order(samples, quick(batch_size=BATCH, **options), 0, STEPS)
        groups = [
            "synthetic" if not real else "rare" if rare else "usual"
            for real, rare in zip(samples.real, samples.rare, strict=True)
        ]
        return groups, [draw(v) for v in range(STEPS * BATCH)]

    return build


def by_batch(groups, visits) -> list[Counter]:
    return [Counter(groups[v.sample] for v in visits[b * BATCH : (b + 1) * BATCH]) for b in range(STEPS)]


def test_shares_hold_in_each_batch(order):
    batches = by_batch(*order(synthetic_share=0.35, rare_share=0.4))
    assert {b["synthetic"] for b in batches} == {2, 3}  # of 2.8
    assert all(1 <= b["rare"] <= 3 for b in batches)  # of 2.08
    total = sum(batches, Counter())
    assert total == {"synthetic": 112, "rare": 83, "usual": 125}  # .35 x 320, .4 x 208


def test_each_group_is_shown_without_replacement(order):
    groups, visits = order(synthetic_share=0.35, rare_share=0.4)
    for group in ("synthetic", "rare", "usual"):
        shown = [v for v in visits if groups[v.sample] == group]
        size = groups.count(group)
        for first in range(0, len(shown) - size + 1, size):
            one_pass = shown[first : first + size]
            assert len({v.sample for v in one_pass}) == size
            assert {v.number for v in one_pass} == {first // size}
        orders = [[v.sample for v in shown[i * size : (i + 1) * size]] for i in (0, 1)]
        assert orders[0] != orders[1]


def test_without_shares_people_come_as_they_are(order):
    groups, visits = order()
    size = PEOPLE + 2 * RARE
    assert sorted(v.sample for v in visits[:size]) == list(range(size))
    assert Counter(groups) == {"usual": PEOPLE - RARE, "rare": 2 * RARE, "synthetic": RARE}


def test_a_rare_share_alone_leaves_the_synthetic_people_as_they_come(order):
    total = sum(by_batch(*order(rare_share=0.5)), Counter())
    assert total["synthetic"] == pytest.approx(STEPS * BATCH * RARE / (PEOPLE + 2 * RARE), abs=1)
    assert total["rare"] == pytest.approx(total["usual"], abs=1)


@pytest.mark.parametrize(
    "options", [{}, {"synthetic_share": 0.5}, {"synthetic_share": 0.5, "rare_share": 0.3}, {"rare_share": 0.3}]
)
def test_the_last_steps_show_real_people_only(order, options):
    groups, visits = order(real_last=0.25, **options)
    batches = by_batch(groups, visits)
    assert all(b["synthetic"] for b in batches[:30:3])
    assert not any(b["synthetic"] for b in batches[30:])
    plain = order(**options)[1]
    assert visits[: 30 * BATCH] == plain[: 30 * BATCH]
    assert len(set(visits)) == len(visits)  # nobody twice under the same augmentation
    real = groups.count("usual") + groups.count("rare")
    if not options:
        assert len({v.sample for v in visits[30 * BATCH : 30 * BATCH + real]}) == real


def test_a_group_that_a_recipe_lacks_takes_no_share(order):
    plain = order("baseline")[1]
    assert order("baseline", synthetic_share=0.5, real_last=0.3)[1] == plain
    assert all(b["rare"] in (2, 3) for b in by_batch(*order("baseline", rare_share=0.3, synthetic_share=0.9)))


def test_any_loader_sees_the_same_visits(world, quick):
    samples, settings = world.samples(recipe_of("asrp"), 1.0), quick(synthetic_share=0.3, rare_share=0.2, real_last=0.2)
    whole = [Order(samples, settings, 3, STEPS)(v) for v in range(STEPS * 8)]
    odd = Order(samples, settings, 3, STEPS)
    for visit in np.random.default_rng(0).permutation(len(whole)).tolist():
        assert odd(visit) == whole[visit]
