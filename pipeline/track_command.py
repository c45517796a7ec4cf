"""`rarepose track`: everybody in a video gets a pose and an id that stays."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from pipeline.track_files import STRIP, Tracked, Written, told_together, write_files
from pipeline.track_progress import TrackProgress
from smpl_assets.errors import InputError, RarePoseError, StageError
from smpl_assets.settings import Settings
from training.datasets.posetrack_writer import confident
from training.tracking.live import LiveTracker
from training.tracking.network_file import found_file
from training.tracking.online_settings import USUAL_MOTION
from training.tracking.start import WEIGHTS
from training.tracking.table import TRACKERS
from training.video.footage import Footage, Shot
from training.video.overlay import Overlay
from training.video.read import open_footage
from training.video.write import VideoError, open_writer


@dataclass(frozen=True)
class Part:
    """Which frames are looked at: every so manieth, from `start` to `end` seconds."""

    every: int = 1
    start: float = 0.0
    end: float | None = None

    def shots(self, footage: Footage) -> Iterator[Shot]:
        """The frames of this part."""
        for place, shot in enumerate(footage.shots()):
            if self.end is not None and shot.seconds > self.end:
                return
            if shot.seconds >= self.start and place % self.every == 0:
                yield shot

    def expected(self, footage: Footage) -> int | None:
        """How many frames that will be, None where nobody knows."""
        if footage.count is None:
            return None
        seconds = footage.count / footage.rate
        end = min(seconds, self.end) if self.end is not None else seconds
        return max(0, round((end - self.start) * footage.rate / self.every))


@dataclass
class Result:
    """What was made. interrupted: by Ctrl-C; all files hold what was done until then. network: what found the people."""

    network: str = ""
    frames: list[Tracked] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    written_by: str = ""
    seconds: float = 0.0
    interrupted: bool = False

    def to_json(self, footage: Footage) -> dict[str, Any]:
        """One line for programs."""
        tracks = {int(t) for f in self.frames for t in f.people.ids}
        most = max((len(f.people) for f in self.frames), default=0)
        rate = len(self.frames) / self.seconds if self.seconds else 0.0
        counts = {"frames": len(self.frames), "tracks": len(tracks), "most_people": most}
        told = footage.noted.noted | footage.noted.counts
        speed = {"seconds": round(self.seconds, 3), "frames_per_second": round(rate, 2)}
        return counts | speed | {"network": self.network, "files": self.files, "noted": told, "interrupted": self.interrupted}


SHIPPED = "tml_tiny.safetensors"
JOINT_SCORE, PERSON_SCORE = 0.3, 0.4  # above which joints and people are drawn and written


def find_checkpoint(given: Path | None) -> Path:
    """The trained network that is named, else the one that ships; InputError where there is neither."""
    if given is not None:
        return found_file(given)
    shipped = WEIGHTS / SHIPPED
    if not shipped.is_file():
        raise InputError(
            "no --checkpoint, and no weights of a tracker are shipped",
            "rarepose run track_train --config configs/tracker.toml, then --checkpoint STORE/track_train/KEY",
        )
    return shipped


def options_of(tracker: str, online: bool, motion: float | None) -> dict[str, Any]:
    """A tracker's options from the command line's; InputError where it expects no movement and is told to."""
    expects = _expects_movement(TRACKERS.options(tracker))
    if motion and not expects:
        raise InputError(f"--motion {motion:g}: {tracker} does not go by people's last movement", "leave it out")
    found: dict[str, Any] = {"online": True} if online and tracker == "tml" else {}
    return found | ({"motion": USUAL_MOTION if motion is None else motion} if expects else {})


def _expects_movement(options: type[Settings] | None) -> bool:
    if options is None or "motion" not in options.model_fields:
        return False
    try:
        options.model_validate({"motion": USUAL_MOTION})
    except ValidationError:
        return False
    return True


def track(
    source: str, tracker: LiveTracker, part: Part, out: Path, rate: float, video: bool, progress: TrackProgress
) -> tuple[Result, Footage]:
    """Track a source, and write NAME.json, NAME.csv, NAME.html and, where `video`, NAME.mp4 into `out`.

    Ctrl-C ends the tracking, and everything is written for the frames that are done; so it is where the video cannot be written.
    A file has its name once it is whole.

    Raises:
        InputError: a source or a part of it that cannot be used; a file that cannot be written, while the others are there.
        StageError: more tracks than a sequence may have.
    """
    footage = open_footage(source, rate)
    out.mkdir(parents=True, exist_ok=True)
    result, began, failures = Result(tracker.eye.trained.card.words), time.monotonic(), list[RarePoseError]()
    name, joints = footage.name, tracker.eye.limbs.skeleton.keypoints
    strip, size = _Strip(), [0, 0]
    try:
        with ExitStack() as stack:
            stack.enter_context(progress.shown(part.expected(footage)))
            overlay = Overlay(tracker.eye.limbs.skeleton)
            writer = None
            for shot, frame in _tracked(footage, tracker, part):
                size = [shot.image.shape[1], shot.image.shape[0]]
                drawn = overlay.draw(shot.image, frame.people)
                if video:
                    if writer is None:
                        path = out / f"{name}.mp4"
                        writer = stack.enter_context(open_writer(path, footage.rate / part.every))
                        result.files["video"], result.written_by = str(path), writer.kind
                    writer.write(drawn, frame.seconds)
                strip.add(frame.number, drawn)
                result.frames.append(frame)
                progress.update(len(result.frames), len(frame.people))
    except KeyboardInterrupt:
        result.interrupted = True
    except VideoError as error:
        begun = Path(result.files.pop("video", ""))
        if begun.is_file():
            begun.unlink()
        failures.append(error)
    except StageError as error:
        failures.append(error)
    result.seconds = time.monotonic() - began
    if not result.frames and not result.interrupted and not failures:
        raise InputError(f"{source}: no frame between {part.start:g} and {part.end or 0:g} s", "correct --start and --end")
    words, about = _words(result, footage), Written(name, joints, (size[0], size[1]), result.frames)
    files, more = write_files(out, about, strip.pictures, words)
    result.files |= files
    if failures := failures + more:
        raise told_together(failures, result.files)
    return result, footage


def _tracked(footage: Footage, tracker: LiveTracker, part: Part) -> Iterator[tuple[Shot, Tracked]]:
    """Frames with their tracked people, perhaps one behind what was read."""
    waiting = deque[Shot]()

    def images() -> Iterator[np.ndarray]:
        for shot in part.shots(footage):
            waiting.append(shot)
            yield shot.image

    for people in tracker.track(images(), footage.name):
        shot = waiting.popleft()
        sure = confident(people, JOINT_SCORE, PERSON_SCORE)
        yield shot, Tracked(shot.name, shot.number, shot.seconds, sure)


def _words(result: Result, footage: Footage) -> str:
    told = result.to_json(footage)
    ended = ", stopped by hand" if result.interrupted else ""
    counts = f"{told['frames']} frames{ended}, {told['tracks']} tracks, at most {told['most_people']} people in one frame."
    return f"{counts} Network: {result.network}."


class _Strip:
    """At most STRIP pictures spread over a video of unknown length."""

    def __init__(self) -> None:
        self.pictures: list[tuple[int, np.ndarray]] = []
        self._step, self._seen = 1, 0

    def add(self, number: int, image: np.ndarray) -> None:
        if self._seen % self._step == 0:
            if len(self.pictures) == STRIP:
                self.pictures, self._step = self.pictures[::2], 2 * self._step
            if self._seen % self._step == 0:
                self.pictures.append((number, image))
        self._seen += 1
