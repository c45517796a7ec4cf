"""How many cores this process may use."""

from __future__ import annotations

from functools import cache


@cache
def usable_cores() -> int:
    """Fewer than the machine has where a container, a cluster's scheduler or `taskset` says so.

    More threads than that wait for one another: a small training takes three times as long.
    """
    from joblib import cpu_count  # 0.2 s, which `rarepose status` need not pay

    return int(cpu_count())
