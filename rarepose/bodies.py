"""Bodies of people, and pictures of the bodies."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import Int

from rarepose.options import section
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.fit_stage import fit_people
from smpl_assets.inverse.fits import FITS, Fits
from smpl_assets.inverse.function import FOLDER
from smpl_assets.inverse.settings import FitSettings
from smpl_assets.labels import SampleLabels
from smpl_assets.pose_table import PoseTable
from smpl_assets.progress import Progress, silent
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.stage import render_fits
from smpl_assets.render.studio.jobs import Origin
from smpl_assets.work import Bench

BATCH = 32  # people fitted at once


def fit(
    people: PoseTable, rows: Int[np.ndarray, " chosen"] | None = None, inverse: Path | str = FOLDER, seed: int = 0,
    device: str = "cpu", progress: Progress = silent, **options: object,
) -> Fits:  # fmt: skip
    """Anny's body for the joints of each person: pose, shape, camera; `accepted` says whom it believes.

    Args:
        people: their keypoints need the twelve limb joints.
        rows: of the table; None: everybody.
        inverse: the folder of an inverse function; the shipped one is for Anny.
        seed: of the starts that are tried.
        device: `cpu`, `cuda` or `cuda:N`.
        progress: told how far it is.
        options: of `fit`: hypotheses, gate ...

    Examples:
        >>> people = read("annotations.json")
        >>> fits = fit(people, np.array([0, 5]), hypotheses=2)
        >>> fits.person.tolist(), fits.body
        ([0, 5], 'anny')
    """
    chosen = np.arange(len(people)) if rows is None else np.asarray(rows, np.int64)
    settings = section(FitSettings, {"batch": max(1, min(len(chosen), BATCH))} | options)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(seed, Path(folder), device, progress)
        fit_people(people.select(chosen), chosen, Path(inverse), settings, BodySettings(), bench)
        return Fits.load(Path(folder) / FITS)


def render(
    fits: Fits, people: PoseTable, out: Path | str, images: Path | str = ".", seed: int = 0, device: str = "cpu",
    progress: Progress = silent, **options: object,
) -> SampleLabels:  # fmt: skip
    """Pictures of the accepted fits, dressed, lit and varied, with exact labels: `images.tar`, `labels.npz`, `contact_sheet.jpg`.

    Args:
        fits: of `fit`.
        people: the table that they are of.
        out: a new folder.
        images: the folder of the data set's pictures; those without people are backgrounds where `backgrounds="data"`.
        seed: every picture derives its own from it, its person and its repetition.
        device: `cpu`, `cuda` or `cuda:N`.
        progress: told how far it is.
        options: of `render`: image_size, per_pose, backgrounds ...
    """
    place = Path(out)
    place.mkdir(parents=True)
    origin = Origin.of(people, Path(images), fits, 0, len(fits))
    render_fits(fits, origin, section(RenderSettings, options), BodySettings(), Bench(seed, place, device, progress))
    return SampleLabels.load(place / "labels.npz")
