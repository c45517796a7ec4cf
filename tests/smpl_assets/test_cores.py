import os

from smpl_assets.cores import usable_cores


def test_only_the_cores_that_this_process_may_use_count() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cores.__wrapped__() == 1
    finally:
        os.sched_setaffinity(0, allowed)
