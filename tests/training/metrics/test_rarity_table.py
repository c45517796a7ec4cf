from typing import Any

import pytest

from training.metrics.rarity_table import Cell, joint_table, rarity_table, render_text
from training.recipes import title_of


def result(
    variant: str, values: list[float | None], difference: list[tuple[float, float, float]] | None = None
) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "title": "PCK@0.2",
        "values": values,
        "low": [None if v is None else v - 2 for v in values],
        "high": [None if v is None else v + 2 for v in values],
        "details": {"head": [v and v + 1 for v in values], "wrist": [v and v - 1 for v in values]},
        "difference": None,
    }
    if difference:
        figures["difference"] = dict(zip(("values", "low", "high"), map(list, zip(*difference, strict=True)), strict=True))
    columns = [{"name": "All", "people": 100}, {"name": ">= 1", "people": 4}]
    bootstrap = {"samples": 1000, "confidence": 0.95}
    metrics = {"pck": figures, "pckh": {"not_applicable": "no heads"}}
    names = {"variant": variant, "network": "", "recipe": variant, "title": title_of(variant), "seeds": 1}
    names["against"] = None if difference is None else "baseline"
    return names | {"columns": columns, "headline": "pck", "metrics": metrics, "bootstrap": bootstrap}


@pytest.fixture
def results() -> list[dict[str, Any]]:
    rare = result("drp+wlcd", [80.5, 66.0], [(0.5, -0.2, 1.2), (6.0, 1.0, 11.0)])
    return [rare, result("baseline", [80.0, 60.0]), result("dacp", [79.0, None], [(-1.0, -1.5, -0.5), (0.0, 0.0, 0.0)])]


def test_rows_columns_and_cells(results):
    table = rarity_table(results)
    assert table is not None
    assert (table.title, table.columns, table.people) == ("PCK@0.2", ("All", ">= 1"), (100, 4))
    assert [title for title, _ in table.rows] == ["Baseline", "DRP + WLCD", "DACP"]
    cells = dict(table.rows)["DRP + WLCD"]
    assert [c.direction for c in cells] == [0, 1]
    assert cells[1] == Cell(66.0, 64.0, 68.0, 6.0, 1.0, 11.0)
    assert dict(table.rows)["DACP"][0].direction == -1


def test_text(results):
    text = render_text(rarity_table(results))
    lines = text.splitlines()
    assert len({len(line) for line in lines[:-1]}) == 1  # aligned
    assert lines[2].split() == ["people", "100", "4"]
    assert lines[3].split() == ["Baseline", "80.00", "60.00"]
    assert lines[4].split() == ["DRP", "+", "WLCD", "80.50", "(+0.50)", "66.00", "(+6.00*)"]
    assert lines[5].split() == ["DACP", "79.00", "(-1.00*)", "-"]
    assert "95 %" in lines[-1]
    assert "80.50 [78.5, 82.5] (+0.50)" in render_text(rarity_table(results), intervals=True)


def test_metrics_that_do_not_apply_have_no_table(results):
    assert rarity_table(results, "pckh") is None
    assert rarity_table([]) is None
    assert joint_table(results, "pckh") is None


def test_joint_table(results):
    table = joint_table(results)
    assert table is not None
    assert table.columns == ("head", "wrist", "total")
    assert [c.text() for c in dict(table.rows)["DRP + WLCD"]] == ["81.50 (+0.50)", "79.50 (+0.50)", "80.50 (+0.50)"]
    assert [c.text() for c in dict(table.rows)["Baseline"]] == ["81.00", "79.00", "80.00"]
    assert "by joint, >= 1" in joint_table(results, column=1).title


def test_a_row_is_compared_by_joint_with_the_row_that_it_names(results):
    """DACP over two networks has no network of its own; its differences are to the baseline that metrics.json names."""
    other = result("baseline", [70.0, 50.0]) | {"network": "cpn", "variant": "cpn/baseline", "title": "cpn: Baseline"}
    crossed = result("dacp", [81.0, 65.0], [(11.0, 9.0, 12.0), (15.0, 9.0, 20.0)])
    crossed |= {"against": "cpn/baseline", "title": "DACP (cpn: Baseline, DRP)"}
    rows = dict(joint_table([*results[:2], other, crossed]).rows)
    assert [c.difference for c in rows["DACP (cpn: Baseline, DRP)"]] == [11.0, 11.0, 11.0]
    assert [c.difference for c in rows["cpn: Baseline"]] == [None, None, None]
    assert [c.difference for c in dict(joint_table([crossed]).rows)["DACP (cpn: Baseline, DRP)"]] == [None] * 3
