"""Stage `track`: what the network finds (`detect/POSES`), then a unit per row of the table of trackers (`POSES/ROW`)."""

from __future__ import annotations

from typing import Any

from pipeline.config import Config
from pipeline.tasks.shared import picked
from pipeline.tasks.track_train import FILE, FILES
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.tracking.table import LEARNT, TRACKERS

ENVIRONMENT = ("torch", "opencv-python-headless", "numpy", "scipy")


def units(config: Config, facts: Facts) -> list[Unit]:
    """Detections once per kind of poses, and every row on each; none where nobody asks for trackers."""
    settings = config.track
    if not settings.enabled:
        return []
    rows = [_row(config, poses, name) for poses in settings.poses for name in settings.table]
    return [*(_detect(config, poses) for poses in settings.poses), *rows]


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


def _row(config: Config, poses: str, name: str) -> Unit:
    settings, row = config.track, config.track.table[name]
    reads = {"track_data": sequences(), "detections": Reads("track", f"detect/{poses}", ("detections/",))}
    if row.tracker in LEARNT:
        reads["network"] = Reads("track_train", LEARNT[row.tracker], (FILE,))
    params = row.model_dump(mode="json") | {"joint_score": settings.joint_score, "person_score": settings.person_score}
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


def run(work: Work) -> dict:
    """One tracker on every sequence."""
    from training.tracking.film import load_films
    from training.tracking.track_stage import Row, track_films

    params, network = work.unit.params, work.one("network") if "network" in work.inputs else None
    row = Row(TRACKERS.load(params["tracker"]), params["options"], network)
    track_films(load_films(work.inputs["track_data"]), work.one("detections"), row, work.config.track, work.bench)
    return {}


STAGE = Stage("track", "tracking people by each of the trackers", units)
