"""Stage `track`: what is found (`detect/POSES`), what of it counts (`scores`), a unit per row of the table (`POSES/ROW`)."""

from __future__ import annotations

from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import picked
from pipeline.tasks.track_data import shards_of
from pipeline.tasks.track_train import FILE, FILES
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.tracking.settings import BASELINE, SCORES
from training.tracking.table import LEARNT, TRACKERS

ENVIRONMENT = ("torch", "opencv-python-headless", "numpy", "scipy")


def units(config: Config, facts: Facts) -> list[Unit]:
    """Detections once per kind of poses, and every row on each; none where nobody asks for trackers."""
    settings = config.track
    if not settings.enabled:
        return []
    rows = [_row(config, poses, name) for poses in settings.poses for name in settings.table]
    chosen = [_scores(config)] if "own" in settings.poses and _choosing(config) else []
    return [*(_detect(config, poses) for poses in settings.poses), *chosen, *rows]


def sequences() -> Reads:
    """The sequences that trackers are judged on."""
    return Reads("track_data", "validation-*", FILES)


def _detect(config: Config, poses: str) -> Unit:
    settings = config.track
    params: dict[str, Any] = {"poses": poses, "apart": settings.frames_apart, "frame_height": settings.frame_height}
    if poses == "own":
        params["decode"] = settings.decode.model_dump(mode="json")
    reads = {"track_data": sequences(), "track_train": Reads("track_train", "tml", (FILE,))}
    run = f"{__name__}:run_detect"
    return Unit(f"detect/{poses}", run, reads=reads, params=params, environment=ENVIRONMENT, gpu_share=0.5)


def _choosing(config: Config) -> bool:
    return None in (config.track.joint_score, config.track.person_score)


def _scores(config: Config) -> Unit:
    """Chosen on the first training sequences."""
    settings, count, names = config.track, 0, []
    for name, sequences in shards_of(config, "train"):
        if count < settings.scored_on:
            names.append(name)
            count = min(settings.scored_on, count + sequences)
    given = settings.model_dump(mode="json", include={"joint_score", "person_score", "frame_height", "decode"})
    params = given | {"count": count}
    reads = {f"track_data/{n}": Reads("track_data", name, FILES) for n, name in enumerate(names)}
    reads["track_train"] = Reads("track_train", "tml", (FILE,))
    code, libraries = picked((TRACKERS, BASELINE))
    environment = (*ENVIRONMENT, *libraries)
    return Unit("scores", f"{__name__}:run_scores", code, reads, params, environment=environment, gpu_share=0.5)


def _row(config: Config, poses: str, name: str) -> Unit:
    settings, row = config.track, config.track.table[name]
    reads = {"track_data": sequences(), "detections": Reads("track", f"detect/{poses}", ("detections/",))}
    if row.tracker in LEARNT:
        reads["network"] = Reads("track_train", LEARNT[row.tracker], (FILE,))
    params = row.model_dump(mode="json")
    if poses == "own" and _choosing(config):
        reads["scores"] = Reads("track", "scores", (SCORES,))
    elif poses == "own":
        params |= {"joint_score": settings.joint_score, "person_score": settings.person_score}
    code, libraries = picked((TRACKERS, row.tracker))
    environment = (*ENVIRONMENT, *libraries)
    share = 0.25 if row.tracker in LEARNT else 0.0
    return Unit(f"{poses}/{name}", f"{__name__}:run", code, reads, params, environment=environment, gpu_share=share)


def run_detect(work: Work) -> dict:
    """Look at every sequence."""
    from training.tracking.detect_stage import detect_people
    from training.tracking.film import load_films

    films, params = load_films(work.inputs["track_data"]), work.unit.params
    detect_people(films, work.one("track_train"), params["poses"], params["apart"], work.config.track, work.bench)
    return {}


def run_scores(work: Work) -> dict:
    """Which joints and people count."""
    from training.tracking.film import load_films
    from training.tracking.scores_stage import choose_scores

    shards = [work.one(name) for name in work.inputs if name.startswith("track_data/")]
    films = load_films(shards)[: work.unit.params["count"]]
    choose_scores(films, work.one("track_train"), work.config.track, work.bench)
    return {}


def run(work: Work) -> dict:
    """One tracker on every sequence."""
    from training.tracking.film import load_films
    from training.tracking.scores_stage import read_scores
    from training.tracking.track_stage import Row, Scores, track_films

    params, network = work.unit.params, work.one("network") if "network" in work.inputs else None
    scores = Scores(params.get("joint_score", 0.0), params.get("person_score", 0.0))
    if "scores" in work.inputs:
        scores = read_scores(work.one("scores"))
    row = Row(TRACKERS.load(params["tracker"]), params["options"], network)
    track_films(load_films(work.inputs["track_data"]), work.one("detections"), row, scores, work.bench)
    return {}


STAGE = Stage("track", "tracking people by each of the trackers", units)
