"""Trackers on the sequences they have not seen: the table, MOTA by speed, who was called what, and frames to look at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.report.run import Run, read_json
from pipeline.report.tracks.flow import over_picture, strongest
from pipeline.report.tracks.names import Named, name_people
from pipeline.report.tracks.rows import TrackRow, by_speed, track_rows
from pipeline.report.tracks.scores import scores_chart
from pipeline.report.tracks.speeds import speeds_chart
from pipeline.report.tracks.strips import around, filled, frame_with_people, people_in, strip
from smpl_assets.drawing.sheets import sheet
from smpl_assets.drawing.timeline import timeline_svg
from smpl_assets.skeletons import get_skeleton
from smpl_assets.skipped import Skipped
from training.datasets.posetrack_sequences import read_sequence
from training.metrics.track_tables import GROUPS
from training.tracking.checkpoint import FILE, load_tracker, read_tracker_card
from training.tracking.decode_settings import DecodeSettings
from training.tracking.eye import Eye
from training.tracking.film import Film, load_films, skeleton_of
from training.tracking.people import Sequence
from training.tracking.settings import BASELINE, SCORES

REFINED, PLAIN = "tml-refined", "tml"
FRAMES = 6
LEAST_RECALL = 50.0  # percent of the joints, below which tracks on these poses show little
TITLES = {"own": "Poses of the network", "truth": "Poses of the ground truth"}


def build(run: Run) -> dict[str, Any] | None:
    """Tables by kind of poses, and pictures of the sequence in which the best tracker gained most; None without any row.

    tables: (title, rows) each. speeds: (title, chart) each. sequence: its name; looked_at: on which poses; best: the tracker.
    network: its stages and what it started from, in words.
    scores: those that count for MOTA with the chart of the choice, None where the settings fix them.
    names: (row, SVG of who was called what, swaps). strip, refined, flow: pictures, None where there is nothing to show.
    """
    metrics = {unit: read_json(folder / "metrics.json") for unit, folder in run.inputs.units("track_evaluate").items()}
    kinds = [k for k in TITLES if any(unit.startswith(f"{k}/") for unit in metrics)]
    if not kinds:
        return None
    tables = {k: track_rows(metrics, k) for k in kinds}
    speeds = [(TITLES[k], speeds_chart(by_speed(metrics, k), run.figure(f"mota_by_speed_{k}"))) for k in kinds]
    shown = {"groups": list(GROUPS), "tables": [(TITLES[k], rows) for k, rows in tables.items()], "speeds": speeds}
    shown |= {"scores": _scores(run), "network": _network(run)}
    kind = next((k for k in kinds if max((r.recall or 0.0 for r in tables[k]), default=0.0) >= LEAST_RECALL), kinds[-1])
    return shown | {"looked_at": TITLES[kind].lower()} | _looked_at(run, kind, tables[kind])


def _network(run: Run) -> str | None:
    """What the tracker's network is; None where it is not there."""
    folder = run.inputs.units("track_train").get("tml")
    return None if folder is None else read_tracker_card(folder / FILE).words


def _scores(run: Run) -> dict[str, Any] | None:
    """The scores that count, and the chart that they were chosen from; None where the settings fix them."""
    if (folder := run.inputs.units("track").get("scores")) is None:
        return None
    chosen = read_json(folder / SCORES)
    return {n: chosen[n] for n in ("joint", "person", "sequences")} | {"chart": scores_chart(chosen, run.figure("scores"))}


def _looked_at(run: Run, kind: str, rows: list[TrackRow]) -> dict[str, Any]:
    films = load_films(p for u, p in run.inputs.units("track_data").items() if u.startswith("validation-"))
    tracks = _Predictions(run, kind)
    best = max((r for r in rows if r.name != BASELINE), key=lambda r: r.mota or -np.inf, default=None)
    chosen = [name for name in (BASELINE, best.name if best else "") if name in tracks.rows]
    if not films or not chosen:
        return {"sequence": ""}
    film, named = _clearest(films, chosen, tracks)
    name, length = film.sequence.name, len(film.sequence.frames)
    lines = [(row, timeline_svg(found.lines(), length)) for row, found in named.items()]
    swaps = named[chosen[0]].swaps
    middle = swaps[0] if swaps else length // 2
    return {
        "sequence": name, "best": chosen[-1], "names": [(row, svg, len(named[row].swaps)) for row, svg in lines],
        "strip": _strip(run, film, chosen, tracks, middle), "refined": _refined(run, films, tracks),
        "flow": _flow(run, film, max(0, min(middle, length - 1) - 1)),
    }  # fmt: skip


class _Predictions:
    """The MOTA files of each row, read when asked for."""

    def __init__(self, run: Run, kind: str) -> None:
        units = run.inputs.units("track")
        self.rows: Mapping[str, Path] = {u.partition("/")[2]: p for u, p in units.items() if u.startswith(f"{kind}/")}
        self.of = cache(self._read)

    def _read(self, row: str, sequence: str) -> Sequence:
        return read_sequence(self.rows[row] / "predictions" / "mota" / f"{sequence}.json", True, Skipped())


def _clearest(films: list[Film], rows: list[str], tracks: _Predictions) -> tuple[Film, dict[str, Named]]:
    """The sequence in which the last of the rows has the most swaps less than the first."""
    named = [{row: name_people(f.sequence, tracks.of(row, f.sequence.name)) for row in rows} for f in films]
    gains = [len(found[rows[0]].swaps) - len(found[rows[-1]].swaps) for found in named]
    place = int(np.argmax(gains))
    return films[place], named[place]


def _strip(run: Run, film: Film, rows: list[str], tracks: _Predictions, middle: int) -> Any:
    frames = film.sequence.frames
    shown = around(len(frames), middle, FRAMES, 1)
    people = [[people_in(tracks.of(row, film.sequence.name), frames[n].image) for n in shown] for row in rows]
    found = strip([film.picture(n) for n in shown], people, _limbs(tracks.of(rows[0], film.sequence.name)))
    return run.picture(found, "track_strip", f"{FRAMES} frames around a swap, a row of pictures per tracker")


def _refined(run: Run, films: list[Film], tracks: _Predictions) -> Any:
    """The frame to which refinement added most, before and after (fig 5.5)."""
    if not {REFINED, PLAIN} <= tracks.rows.keys():
        return None
    both = [[tracks.of(row, f.sequence.name) for row in (PLAIN, REFINED)] for f in films]
    gains = {place: gain for place, pair in enumerate(both) if (gain := filled(*pair)) is not None}
    if not gains:
        return None
    place = max(gains, key=lambda n: gains[n][1])
    gain = gains[place]
    image = both[place][1].frames[gain[0]].image
    number = [f.image for f in films[place].sequence.frames].index(image)
    tiles = [frame_with_people(films[place].picture(number), people_in(s, image), _limbs(s)) for s in both[place]]
    return run.picture(sheet(tiles, 2), "track_refined", "a frame before and after refinement")


def _flow(run: Run, film: Film, first: int) -> Any:
    """What the network says moves from one frame to the next, by limbs (fig 5.3)."""
    networks = run.inputs.units("track_train")
    if "tml" not in networks or first + 1 >= len(film.sequence.frames):
        return None
    trained = load_tracker(networks["tml"] / FILE, skeleton_of([film]))
    head = "limbs" if "limbs" in trained.network.flows else next(iter(trained.network.flows))
    eye = Eye(trained, DecodeSettings())
    pictures = [film.picture(n) for n in (first, first + 1)]
    sights = [eye.see(p) for p in pictures]
    flow = trained.network.compare(sights[0].state, sights[1].state)[head][-1][0].detach().float().cpu().numpy()
    vectors = strongest(flow.reshape(-1, 2, *flow.shape[1:]))
    limbs = trained.limbs.pairs
    tiles = [frame_with_people(p, s.people, limbs) for p, s in zip(pictures, sights, strict=True)]
    tiles.append(frame_with_people(over_picture(pictures[1], vectors, eye.stride), None, limbs))
    return run.picture(sheet(tiles, 3), "track_flow", "two frames, and the flow of limbs between them as colours")


def _limbs(sequence: Sequence) -> tuple[tuple[int, int], ...]:
    return get_skeleton(f"posetrack{len(sequence.joints)}").limb_indices
