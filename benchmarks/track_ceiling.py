"""How much of the mAP of track.py's sequences is lost where: to hidden joints, to the grid, to grouping, to the network.

    python -m benchmarks.track_ceiling --store STORE --network NETWORK.safetensors

mAP by speed of people decoded from
- maps drawn from the truth, of all joints and of the joints that the camera sees (what a network can say that knows no more than
  the picture shows), at the network's 4 px a cell and, the pictures twice as large, at 2 px;
- the network's heatmaps with true affinity fields, and the other way round;
- the network's peaks, each given to the person whose joint it is nearest to within half a head, the others dropped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from benchmarks.track import films_of
from benchmarks.track_costs import LIMBS
from benchmarks.track_tables import mean_precision
from training.systems.pixels import normalise
from training.tracking.checkpoint import load_tracker
from training.tracking.decode import decode
from training.tracking.decode_settings import DecodeSettings
from training.tracking.detections import Detections
from training.tracking.film import Film
from training.tracking.network import TmlNetwork
from training.tracking.peaks import Peaks, find_peaks
from training.tracking.people import UNTRACKED, People
from training.tracking.targets import Grid, affinity, heatmaps

STRIDE, SIGMA, WIDTH, PEAK, APART = 4, 5.0, 4.0, 0.25, 6.0
HEAD = 0.6  # of the head box's diagonal (PoseTrack)
Drawn = tuple[Tensor, Tensor]


def own_maps(film: Film, number: int, network: TmlNetwork) -> Drawn:
    """Heatmaps and affinity fields as the network says them, of the picture's cells."""
    image = film.picture(number)
    height, width = image.shape[:2]
    multiple = network.options.multiple
    padded = np.pad(image, ((0, -height % multiple), (0, -width % multiple), (0, 0)))
    with torch.inference_mode():
        maps = network.look(normalise(torch.from_numpy(padded[None])))
    rows, columns = -(-height // STRIDE), -(-width // STRIDE)
    heat, field = (stages[-1][0, :, :rows, :columns].float() for stages in (maps.heat, maps.affinity))
    return heat, field


def true_maps(film: Film, number: int, zoom: int, hidden: bool) -> Drawn:
    """The same drawn from the truth; hidden: joints that the camera does not see, too."""
    people = film.sequence.frames[number].people
    keypoints = np.zeros((0, len(LIMBS.skeleton), 2))
    if people is not None:
        counts = people.present if hidden else people.present & people.visible
        keypoints = np.where(counts[..., None], people.keypoints * zoom, np.nan)
    rows, columns = (-(-side * zoom // STRIDE) for side in (film.sequence.height, film.sequence.width))
    grid = Grid(rows, columns, STRIDE)
    points = torch.from_numpy(keypoints).float()[None]
    return heatmaps(points, grid, SIGMA)[0], affinity(points, LIMBS, grid, WIDTH)[0]


def people_of(maps: Drawn, film: Film, zoom: int = 1) -> People:
    """Decoded, in the film's px."""
    size = film.sequence.width * zoom, film.sequence.height * zoom
    found = decode(*maps, LIMBS, STRIDE, size, DecodeSettings(), PEAK)
    return replace(found, keypoints=found.keypoints / zoom)


def given(peaks: Peaks, truth: People) -> People:
    """The peaks that are a joint of somebody, as that person's."""
    near = 0.5 * HEAD * np.linalg.norm(truth.head_boxes[:, 2:] - truth.head_boxes[:, :2], axis=1)
    keypoints, scores = np.full(truth.keypoints.shape, np.nan), np.zeros(truth.present.shape)
    for joint in range(len(LIMBS.skeleton)):
        some = np.flatnonzero(peaks.joints == joint)
        gap = np.linalg.norm(truth.keypoints[:, joint, None] - peaks.places[some], axis=2)
        far = ~(gap <= near[:, None])
        for person, peak in zip(*linear_sum_assignment(np.where(far, 1e6, gap)), strict=True):
            if not far[person, peak]:
                keypoints[person, joint], scores[person, joint] = peaks.places[some[peak]], peaks.scores[some[peak]]
    there = np.isfinite(keypoints).all(2)
    nobody = np.full(len(truth), UNTRACKED), np.full((len(truth), 4), np.nan)
    return People(keypoints, scores, there, scores.sum(1), *nobody)


def peaks_given(film: Film, number: int, network: TmlNetwork) -> People:
    """The network's peaks at their own people; frames without labels as they are decoded."""
    truth, maps = film.sequence.frames[number].people, own_maps(film, number, network)
    if truth is None:
        return people_of(maps, film)
    size = film.sequence.width, film.sequence.height
    return given(find_peaks(maps[0][:-1].numpy(), STRIDE, PEAK, size, APART), truth)


def rows(network: TmlNetwork) -> dict[str, Callable[[Film, int], People]]:
    """How the people of each row come about."""
    found: dict[str, Callable[[Film, int], People]] = {}
    for zoom in (1, 2):
        for hidden, which in ((True, "all joints"), (False, "joints the camera sees")):
            name = f"true maps, {which}, {STRIDE // zoom} px a cell"
            found[name] = lambda film, n, z=zoom, h=hidden: people_of(true_maps(film, n, z, h), film, z)  # type: ignore[misc]
    found["true heatmaps, own fields"] = lambda film, n: people_of(
        (true_maps(film, n, 1, True)[0], own_maps(film, n, network)[1]), film
    )
    found["own heatmaps, true fields"] = lambda film, n: people_of(
        (own_maps(film, n, network)[0], true_maps(film, n, 1, True)[1]), film
    )
    found["own peaks at the right people"] = lambda film, n: peaks_given(film, n, network)
    found["own"] = lambda film, n: people_of(own_maps(film, n, network), film)
    return found


def precision(films: list[Film], people: Callable[[Film, int], People]) -> dict[str, float]:
    """MAP by speed."""
    found = {f.sequence.name: Detections(tuple(people(f, n) for n in range(len(f.sequence.frames))), {}) for f in films}
    return mean_precision(films, found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True, help="of a run of track.py, which films the sequences")
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=Path("benchmarks/track.toml"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    films = films_of(args.config, args.store, "validation-*")
    hidden = [
        np.mean(~p.visible[p.present]) for f in films for p in (g.people for g in f.sequence.frames) if p is not None and len(p)
    ]
    table: dict[str, Any] = {}
    for name, people in rows(load_tracker(args.network).network).items():
        table[name] = precision(films, people)
        print(f"{name:48}", *(f"{speed} {value:6.2f}" for speed, value in table[name].items()), flush=True)
    print(json.dumps({"hidden": round(float(np.mean(hidden)), 3), "mAP": table}))


if __name__ == "__main__":
    main()
