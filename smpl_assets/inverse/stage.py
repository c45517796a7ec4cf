"""The `inverse` stage as a function; `fit` has a module of its own, so that neither's code makes the other stale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from smpl_assets.archive import write_json
from smpl_assets.body.protocol import BodyModel, load_body
from smpl_assets.body.settings import BodySettings
from smpl_assets.inverse.function import FOLDER, copy_shipped, matches, read_card, save_function
from smpl_assets.inverse.measure import build_rig
from smpl_assets.inverse.pairs import SOURCES, PairSource
from smpl_assets.inverse.prior import learn_prior
from smpl_assets.inverse.settings import InverseSettings
from smpl_assets.poses.pool import PosePool, PoseSample
from smpl_assets.rotations import axis_angle_from_matrix
from smpl_assets.seeds import derive_seed
from smpl_assets.told import TOLD
from smpl_assets.work import Bench

SHOWN_POSES = 96


def train_inverse(settings: InverseSettings, body: BodySettings, bench: Bench) -> None:
    """Make the inverse function: `inverse.safetensors`, `prior.safetensors`, `card.json`, `losses.json`, `pool.npz`.

    Copies the shipped one where its card says that it is what the settings ask for. An interrupted training goes on from its
    checkpoint in the bench's scratch folder.
    """
    model = load_body(body)
    pool = PosePool(settings.pool)
    if pool.left_out:
        TOLD.warning("%d motion files left out, the first: %s", len(pool.left_out), pool.left_out[0])
    _save_pool(pool.sample(SHOWN_POSES, derive_seed(bench.seed, "shown poses")), bench.out / "pool.npz")
    if settings.weights == "shipped" and matches(read_card(FOLDER), settings, model.name, model.shape_size):
        copy_shipped(bench.out)
        bench.progress(1, 1)
        return
    _train_function(settings, model, pool, bench)


def _train_function(settings: InverseSettings, model: BodyModel, pool: PosePool, bench: Bench) -> None:
    """Train network and prior on a pool and write them with their card."""
    from smpl_assets.inverse.fit_network import fit_network  # Lightning takes seconds to import, and fitting does without it

    seed = bench.seed
    sample = pool.sample(settings.pool_poses, derive_seed(seed, "pool"))
    pose = axis_angle_from_matrix(torch.as_tensor(sample.body_pose, dtype=torch.float32))
    orient = torch.as_tensor(sample.global_orient, dtype=torch.float32)
    prior = learn_prior(pose[: settings.prior_poses].flatten(1), settings.prior_components, seed)
    source = PairSource(build_rig(model, SOURCES), pose, orient, settings, seed)
    network, losses = fit_network(source, bench)
    card = {
        "body": model.name,
        "body_digest": model.digest,
        "shape_size": model.shape_size,
        "settings": settings.model_dump(mode="json"),
        "seed": seed,
        "data": f"{settings.pool_poses} poses of the built-in pool, cameras and shapes drawn anew for every batch",
        "final": losses[-1],
    }
    save_function(network, prior, card, bench.out)
    write_json(bench.out / "losses.json", losses)


def _save_pool(sample: PoseSample, path: Path) -> None:
    pose, orient = (axis_angle_from_matrix(torch.as_tensor(m)).float().numpy() for m in (sample.body_pose, sample.global_orient))
    np.savez(
        path, body_pose=pose, global_orient=orient, label=np.array(sample.label, np.str_), source=np.array(sample.source, np.str_)
    )
