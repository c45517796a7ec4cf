"""Whose code makes which stage stale: what is applied does not make stale what was learnt."""

from pathlib import Path

import pytest

from pipeline.closure import code_of
from pipeline.files import FileDigests


@pytest.mark.parametrize(
    ("stage", "inside", "others"),
    [
        ("translator", {"style_transfer.kid", "style_transfer.domains"}, {"style_transfer.shards"}),
        ("translate", {"style_transfer.shards"}, {"style_transfer.kid", "style_transfer.matching", "style_transfer.stage"}),
        ("inverse", {"smpl_assets.inverse.pairs"}, {"smpl_assets.inverse.refine", "smpl_assets.inverse.fit"}),
        ("fit", {"smpl_assets.inverse.refine"}, {"smpl_assets.inverse.fit_network", "smpl_assets.inverse.stage"}),
    ],
)
def test_learning_and_applying_have_each_their_own_code(stage: str, inside: set[str], others: set[str]) -> None:
    code = code_of(f"pipeline.tasks.{stage}:run", (), FileDigests(Path("/nonexistent")).code)
    assert inside <= set(code)
    assert not others & set(code)
