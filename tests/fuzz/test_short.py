"""A few cases of every family; `make fuzz` runs more."""

import itertools
import time
from pathlib import Path

import pytest

from tests.fuzz.campaign import attack, faults
from tests.fuzz.families.table import NAMES, load

CASES = 24


@pytest.mark.parametrize("name", NAMES)
def test_spoilt_inputs_are_read_right_or_refused_in_words(name: str, tmp_path: Path) -> None:
    missing = load(name).missing()
    if missing:
        pytest.skip(missing)
    tally = attack(name, "", range(CASES), time.monotonic() + 600, tmp_path)
    assert tally.cases == CASES
    assert not tally.bad, faults([tally])


def test_the_same_seed_is_the_same_case(tmp_path: Path) -> None:
    tallies = [attack("coco", "", itertools.islice(itertools.count(5), 8), time.monotonic() + 600, tmp_path) for _ in range(2)]
    assert tallies[0].counts == tallies[1].counts
