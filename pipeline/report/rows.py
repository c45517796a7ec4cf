"""Rows of the result table: which baseline each is held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.recipes import BASELINE


def baseline_of(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The name of the baseline of the same network; None where the table has none."""
    return next((n for n, r in rows.items() if r["recipe"] == BASELINE and r["network"] == row["network"]), None)


def baselines_first(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the rows, each network's baseline before its other rows, else as they come."""
    networks = list(dict.fromkeys(r["network"] for r in rows.values()))
    return sorted(rows, key=lambda n: (networks.index(rows[n]["network"]), rows[n]["recipe"] != BASELINE))
