"""Which realism pays: networks trained on renders alone find real people, with one property of the renders taken away at a time.

    python -m benchmarks.sim_to_real --data ../shared/data/lspet         # minutes: few people, few rows
    python -m benchmarks.sim_to_real --data ../shared/data/lspet --photographs ../shared/data/backgrounds --full    # an hour

The primary number is PCK@0.2 of the torso on the 600 upside-down test people of LSP-extended, beside it the 500 usual ones.
Every row learns from equally many people (rows with fewer people an image render more images), so it takes equally many steps,
from the same weights. Those who stand beside somebody are in everyday postures: without them more people are in the pool's poses.
How far our keypoints are from the annotators': `keypoint_bias.py`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch

from smpl_assets.archive import write_json
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabels
from smpl_assets.pose_table import PoseTable
from smpl_assets.poses.settings import PoolSettings
from smpl_assets.render.settings import RenderSettings, SensorSettings
from smpl_assets.render.studio import dressing, studio
from smpl_assets.scene import Lighting
from smpl_assets.skeletons import Skeleton
from smpl_assets.skipped import Skipped
from smpl_assets.textures.look import Look, make_look
from smpl_assets.work import Bench
from training.augmented.samples import LABELS
from training.augmented.training_set import TrainingSet
from training.codecs.codec import Knobs
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses
from training.evaluate_settings import EvaluateSettings
from training.feeds.images import ImageStore
from training.metrics.bootstrap import JointShare, interval, point
from training.metrics.match import match_people
from training.metrics.pck import correct_joints, torso_lengths
from training.predict import Predictor
from training.start import people as start_people
from training.start import stage as start_stage
from training.start.people import render_start
from training.start.settings import SHARD, StartSettings
from training.start.stage import everybody, train_start
from training.start.weights import load_start
from training.systems.build import build_model
from training.systems.checkpoint import FILE, NetworkCard
from training.train_settings import TrainSettings

SETS = {"usual": "lists/val_common.txt", "rare": "lists/val_rare.txt"}
TORSO_SHARE, RESAMPLES = 0.2, 1000
# People and passes of each row, with --full and without; rows of the short form.
FULL, SHORT = (6700, 4), (800, 2)
# Images of a shard at least: of very few, nobody may be learnt from.
LEAST_IMAGES = 20
SHORT_ROWS = ("everything", "no clothes (skin alone)", "nobody beside them")
PLAIN_SENSOR = SensorSettings(
    match=False, exposure_stops=0, white_balance=0, noise=(0, 0), defocus_px=0, motion_px=0, motion_share=0
)


def without(*names: str) -> Callable[..., Look]:
    """Looks that lack some layers."""

    def look(seed: int, gender_hint: float | None = None) -> Look:
        made = make_look(seed, gender_hint)
        skin, *others = made.layers
        kept = tuple(layer for layer in others if layer.name not in names)
        return replace(made, layers=(replace(skin, hidden=() if "top" in names else skin.hidden), *kept))

    return look


def same_light(*args: object) -> Lighting:
    """One light, whatever the surroundings."""
    harmonics = np.zeros((9, 3), np.float32)
    harmonics[0], harmonics[1] = 0.55, -0.2
    return Lighting(harmonics, np.array([0.3, -0.9, -0.3]), np.full(3, 0.6), 0.0, 0.0)


CLOTHES = ("top", "jacket", "bottom", "skirt", "shoes")


@dataclass(frozen=True)
class Take:
    """One way to render. looks, light: in place of the studio's; shape: factor on body shapes; start, render: changes."""

    looks: Callable[..., Look] | None = None
    light: Callable[..., Lighting] | None = None
    shape: float = 1.0
    start: tuple[tuple[str, object], ...] = ()
    render: tuple[tuple[str, object], ...] = ()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The studio, changed."""
        drawn = start_people.drawn_fits
        with ExitStack() as stack:
            if self.looks:
                stack.enter_context(patch.object(dressing, "kept_look", self.looks))
            if self.light:
                stack.enter_context(patch.object(studio, "estimate_lighting", self.light))
            if self.shape != 1.0:
                average = lambda *args, **options: replace(f := drawn(*args, **options), shape=self.shape * f.shape)  # noqa: E731
                stack.enter_context(patch.object(start_people, "drawn_fits", average))
            yield


def takes(photographs: Path | None) -> dict[str, Take]:
    """The rows."""
    rows = {
        "everything": Take(),
        "no clothes (skin alone)": Take(looks=without(*CLOTHES)),
        "no hair": Take(looks=without("hair", "fall")),
        "the same light everywhere": Take(light=same_light),
        "a perfect sensor": Take(render=(("sensor", PLAIN_SENSOR), ("jpeg_quality", (100, 100)))),
        "nothing before people": Take(start=(("occluder_share", 0.0),)),
        "nobody beside them": Take(start=(("people", 1),)),
        "nobody cut by the frame": Take(start=(("truncated_share", 0.0),)),
        "one body shape": Take(shape=0.0),
    }
    return rows | ({"photographs as surroundings": Take(render=(("backgrounds", str(photographs)),))} if photographs else {})


def first_people(people: int) -> Callable[[SampleLabels, str], TrainingSet]:
    """`everybody` of one shard after the other, until there are so many people."""
    left = people

    def some(labels: SampleLabels, kind: str) -> TrainingSet:
        nonlocal left
        all_of_them = everybody(labels, kind)
        kept = all_of_them.select(np.arange(min(left, len(all_of_them))))
        left -= len(kept)
        return kept

    return some


def shards_of(people: int, render: Callable[[int, int], int]) -> int:
    """Call render(first, last) for one shard of images after the other, until it has returned so many people; the shards."""
    done = count = 0
    while done < people:
        new = render(count * SHARD, count * SHARD + min(SHARD, max(people - done, LEAST_IMAGES)))
        if not new:
            raise StageError(f"shard {count}: nobody to learn from", "look at its images")
        done, count = done + new, count + 1
    return count


def trained(take: Take, folder: Path, people: int, epochs: int, seed: int) -> Path:
    """Render and train one row; the network's file."""
    done = folder / "network" / FILE
    if done.exists():
        return done
    shutil.rmtree(folder, ignore_errors=True)
    start = StartSettings(epochs=epochs, **dict(take.start))
    render = RenderSettings(backgrounds="builtin").model_copy(update=dict(take.render))

    def shard(first: int, last: int) -> int:
        out = folder / str(first // SHARD)
        out.mkdir(parents=True)
        render_start((first, last), PoolSettings(), start, render, BodySettings(), (), Bench(seed, out))
        return len(everybody(SampleLabels.load(out / LABELS), "start"))

    with take.taken():
        shards = [folder / str(number) for number in range(shards_of(people, shard))]
    (folder / "training").mkdir()
    settings = TrainSettings(network="simple_tiny", input_size=(128, 128), sigma=1.5, start="scratch")
    with patch.object(start_stage, "everybody", first_people(people)):
        train_start(shards, start, settings, Bench(seed, folder / "training"))
    (folder / "training").rename(folder / "network")
    for rendered in shards:
        shutil.rmtree(rendered)
    return done


def found(network: Path, table: PoseTable, root: Path) -> np.ndarray:
    """Keypoints (N, J, 2) px that a network trained on the start set finds, for the joints of the table."""
    skeleton: Skeleton = table.skeleton
    model = build_model("simple_tiny", skeleton, 0, Knobs(1.5, "dark"))
    load_start(model, "simple_tiny", network)
    model.network.eval()
    card = NetworkCard("simple_tiny", skeleton.name, skeleton.keypoints, (128, 128), "box", 1.25, "sim")
    poses = Predictor(model, card, EvaluateSettings(decode="dark")).predict(table, ImageStore(root), Skipped())
    return match_people(poses, table).keypoints


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with joints.mat, images/ and lists/")
    parser.add_argument("--photographs", type=Path, help="photographs without people")
    parser.add_argument("--out", type=Path, default=Path(".bench/sim_to_real"))
    parser.add_argument("--full", action="store_true", help=f"every row, {FULL[0]} people, {FULL[1]} passes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--row", action="append", help="only this row")
    args = parser.parse_args()
    people, epochs = FULL if args.full else SHORT
    chosen = args.row or (None if args.full else SHORT_ROWS)
    torch.set_num_threads(1)
    source = DataSettings(
        format="lsp", annotations=str(args.data / "joints.mat"), images=str(args.data / "images"),
        image_list=str(args.data / "lists/val_both.txt"),
    )  # fmt: skip
    table = read_poses(source)[0]
    names = np.array([Path(table.file_name(row)).name for row in range(len(table))])
    sets = {kind: np.flatnonzero(np.isin(names, (args.data / file).read_text().split())) for kind, file in SETS.items()}
    lengths, first = torso_lengths(table), None
    lines: dict[str, dict[str, list[float]]] = {}
    for number, (name, take) in enumerate(takes(args.photographs).items()):
        if chosen and name not in chosen:
            continue
        folder = args.out / f"{people}-{epochs}-{args.seed}" / str(number)
        points = found(trained(take, folder, people, epochs, args.seed), table, args.data / "images")
        right, counted = correct_joints(points, table, lengths, TORSO_SHARE)
        shares = {kind: JointShare(right[rows].sum(1) * 1.0, counted[rows].sum(1) * 1.0) for kind, rows in sets.items()}
        first = first or shares
        lines[name] = {}
        for kind, share in shares.items():
            bounds = interval(share, 0, kind, RESAMPLES, 0.95, first[kind])
            difference = point(share) - point(first[kind])
            lines[name][kind] = [round(v, 1) for v in (point(share), difference, bounds.difference_low, bounds.difference_high)]
        print(
            f"{name:32}",
            *(f"{kind} {v[0]:5.1f} ({v[1]:+.1f}: {v[2]:+.1f} to {v[3]:+.1f})" for kind, v in lines[name].items()),
            flush=True,
        )
    result = {"rows": lines, "people": people, "epochs": epochs}
    print(json.dumps(result))
    write_json(args.out / "sim_to_real.json", result)


if __name__ == "__main__":
    main()
