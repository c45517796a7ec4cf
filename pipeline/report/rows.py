"""Rows of the result table: which network and recipe each is, and which baseline it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.variants import BASELINE, parse_variant


def network_of(row: Mapping[str, Any]) -> str:
    """The network's name; '' where the run has a single one."""
    return str(row.get("network", ""))


def title_of(row: Mapping[str, Any]) -> str:
    """The row's name in tables: `DRP + ASRPT`, `CPN: DRP + ASRPT`."""
    return str(row["title"] if "title" in row else parse_variant(row["variant"]).title)


def is_baseline(row: Mapping[str, Any]) -> bool:
    """Whether the row is a network trained on the real people alone."""
    return bool(row.get("recipe", row.get("variant")) == BASELINE)


def baseline_of(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The name of the baseline of the same network; None where the table has none."""
    return next((n for n, other in rows.items() if is_baseline(other) and network_of(other) == network_of(row)), None)


def baselines_first(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the rows, each network's baseline before its other rows, else as they come."""
    networks = list(dict.fromkeys(network_of(r) for r in rows.values()))
    return sorted(rows, key=lambda n: (networks.index(network_of(rows[n])), not is_baseline(rows[n])))
