"""Stage `track_evaluate`: a unit per row of the table of trackers."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.unit import Facts, Reads, Stage, Unit, Work
from training.tracking.settings import BASELINE

ENVIRONMENT = ("numpy", "scipy")


def units(config: Config, facts: Facts) -> list[Unit]:
    """Each row on each kind of poses, compared with `distance` on the same poses; none where nobody asks for trackers."""
    settings = config.track
    return [_unit(config, poses, name) for poses in settings.poses for name in settings.table] if settings.enabled else []


def _unit(config: Config, poses: str, name: str) -> Unit:
    reads = {
        "track_data": Reads("track_data", "validation-*", ("sequences/",)),
        "track": Reads("track", f"{poses}/{name}", ("predictions/",)),
    }
    if name != BASELINE and BASELINE in config.track.table:
        reads["baseline"] = Reads("track", f"{poses}/{BASELINE}", ("predictions/",))
    return Unit(f"{poses}/{name}", f"{__name__}:run", reads=reads, environment=ENVIRONMENT)


def run(work: Work) -> dict:
    """Judge one row."""
    from training.tracking.evaluate_stage import evaluate_tracker
    from training.tracking.sequence_files import read_sequence

    files = [file for shard in work.inputs["track_data"] for file in sorted((shard / "sequences").glob("*.json"))]
    baseline = work.one("baseline") if "baseline" in work.inputs else None
    evaluate_tracker([read_sequence(file) for file in files], work.one("track"), baseline, work.bench)
    return {}


STAGE = Stage("track_evaluate", "judging the trackers", units)
