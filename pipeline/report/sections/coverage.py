"""The rare_poses stage asked again with the added samples among the training poses: did they fill the gap?"""

from __future__ import annotations

import shutil
from typing import Any

from pipeline.report.rarity.charts import coverage_chart
from pipeline.report.run import Run, read_json
from pipeline.report.words import KINDS, joined


def build(run: Run) -> dict[str, Any] | None:
    """Draw `figures/coverage.png` and copy `coverage.json`; None where no sample was added."""
    file = run.inputs.one("coverage") / "coverage.json"
    found = read_json(file)
    if not found["added"]:
        return None
    shutil.copyfile(file, run.out / file.name)
    return {"sentence": _sentence(found), "chart": coverage_chart(found, run.figure("coverage"))}


def _sentence(found: dict[str, Any]) -> str:
    train, validation = found["tail"]["train"], found["tail"]["validation"]
    added = joined([KINDS[kind] for kind in found["kinds"]])
    return (
        f"Asked again with the {found['added']:,} {added} samples among the training poses, "
        f"{train['rare_after']:,} of the {train['rare_before']:,} once rare training poses are still rare. Of the "
        f"{validation['rare_before']:,} rare validation poses, which no sample was made from, {validation['rare_after']:,} still "
        "are: only that says if the gap was filled."
    )
