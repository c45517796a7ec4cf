"""A few cases of every family, all in one process; `make fuzz` runs more."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.campaign import attack, faults
from tests.fuzz.families.table import NAMES
from tests.fuzz.worker import Worker

CASES = 24


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as started:
        yield started


@pytest.mark.parametrize("name", NAMES)
def test_spoilt_inputs_are_read_right_or_refused_in_words(name: str, tmp_path: Path, worker: Worker) -> None:
    tally = attack(name, range(CASES), time.monotonic() + 600, tmp_path, worker)
    if tally.missing:
        pytest.skip(tally.missing)
    assert tally.cases == CASES
    assert not tally.bad, faults([tally])


def test_the_same_seed_is_the_same_case(tmp_path: Path, worker: Worker) -> None:
    tallies = [
        attack("coco", itertools.islice(itertools.count(5), 8), time.monotonic() + 600, tmp_path, worker) for _ in range(2)
    ]
    assert tallies[0].counts == tallies[1].counts
