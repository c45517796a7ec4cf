"""The tour is a notebook that runs."""

from __future__ import annotations

from pathlib import Path

import jupytext
import pytest
from nbclient import NotebookClient

from pipeline.sources import CODE_ROOT


@pytest.mark.slow
def test_the_tour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CODE_ROOT))
    notebook = jupytext.read(CODE_ROOT / "docs/tour.md")
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = "".join(o.get("text", "") for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs)
    assert "16 people, coco17" in said
    assert "pictures; the first has" in said
    assert (tmp_path / "predictions/results.json").is_file()
