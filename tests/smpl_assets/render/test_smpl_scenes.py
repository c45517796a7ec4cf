"""The studio with a body of the user's SMPL file: no list of ours knows its points or looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.jobs import Job, Origin
from smpl_assets.render.studio.studio import Studio
from smpl_assets.skeletons import SKELETONS
from tests.smpl_assets.body.synthetic import VERTICES, model_arrays, write_pickle
from tests.smpl_assets.body.test_smpl import uv_file
from tests.smpl_assets.render.conftest import make_fits


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> BodySettings:
    folder = tmp_path_factory.mktemp("smpl")
    uv = uv_file(folder / "uv.obj", model_arrays()["f"].astype(int), VERTICES)
    return BodySettings(name="smpl", model=str(write_pickle(folder / "SMPL_NEUTRAL.pkl")), uv=str(uv))


@pytest.fixture(scope="module")
def skin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One UV image, painted all over."""
    folder = tmp_path_factory.mktemp("skin")
    cv2.imwrite(str(folder / "a.png"), np.random.default_rng(0).integers(60, 160, (128, 128, 3)).astype(np.uint8))
    return folder


def test_bodies_of_the_users_file_are_rendered_with_labels(backend, body: BodySettings, skin: Path) -> None:
    model = load_body(body)
    fits = replace(make_fits(model, 2, 0), body="smpl")
    studio = Studio(fits, Origin(SKELETONS["coco17"]), RenderSettings(image_size=96, textures=str(skin), shadows=False), body)
    samples = studio.prepare([Job(row, 0) for row in range(2)])
    outputs = backend.render([sample.scene for sample in samples])
    assert len(outputs) == 2
    for output in outputs:
        assert np.isfinite(output.keypoints).all()
        assert output.seen.any()
        shown = output.owner >= 0
        assert shown.sum() > 20
        assert (output.subject[shown][:, 3] > 0).mean() > 0.8
