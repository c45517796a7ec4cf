"""What `rarepose track` leaves behind: PoseTrack JSON, a table, and a page."""

from __future__ import annotations

import base64
import csv
import html
import os
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Rows
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from smpl_assets.drawing.timeline import Line, spans, timeline_svg
from smpl_assets.errors import InputError, RarePoseError
from smpl_assets.machine_errors import explained
from smpl_assets.pictures import encode_jpeg
from training.datasets.posetrack_writer import write_sequence
from training.tracking.people import Frame, People, Sequence

STRIP = 8  # frames on the page
_HEIGHT = 180  # px of each


@dataclass(frozen=True)
class Tracked:
    """One frame with the people that have a track. name: of its image; number: in its source; seconds: when it is shown."""

    name: str
    number: int
    seconds: float
    people: People


@dataclass(frozen=True)
class Written:
    """What is written of a source. joints: names; size: width and height in px."""

    name: str
    joints: tuple[str, ...]
    size: tuple[int, int]
    frames: Rows[Tracked]


def write_files(
    out: Path, what: Written, strip: Rows[tuple[int, np.ndarray]], words: str
) -> tuple[dict[str, str], list[RarePoseError]]:
    """NAME.json, NAME.csv, NAME.html, each whole or not at all; those that are there by kind, and why the others are not."""
    writers: dict[str, Callable[[Path], None]] = {
        "json": lambda path: write_json(path, what.name, what.joints, what.size, what.frames),
        "csv": lambda path: write_csv(path, what.joints, what.frames),
        "html": lambda path: write_page(path, what.name, strip, what.frames, words),
    }
    files: dict[str, str] = {}
    failures: list[RarePoseError] = []
    for kind, write in writers.items():
        path = out / f"{what.name}.{kind}"
        try:
            with whole(path) as unfinished:
                write(unfinished)
            files[kind] = str(path)
        except OSError as error:
            told = explained(OSError(error.errno, error.strerror, str(path)))
            reason = told.what if told else f"{path}: cannot be written"
            failures.append(InputError(reason, "make room on the disk, or name another folder: --out"))
    return files, failures


def told_together(failures: Rows[RarePoseError], files: Mapping[str, str]) -> RarePoseError:
    """The first of them, with what the others say, and which files are whole."""
    first = failures[0]
    kept = f"; whole: {', '.join(files.values())}" if files else "; no file was written"
    return type(first)("; ".join(f.what for f in failures), first.next_step + kept)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write a file that takes its name once it is whole; a failure leaves the one that was there before."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_json(path: Path, name: str, joints: tuple[str, ...], size: tuple[int, int], frames: Rows[Tracked]) -> None:
    """PoseTrack18 predictions. size: width and height in px."""
    rows = tuple(Frame(f"{name}/{f.name}", f.number, f.people) for f in frames)
    write_sequence(Sequence(name, joints, size[1], size[0], rows), path, predicted=True)


def write_csv(path: Path, joints: tuple[str, ...], frames: Rows[Tracked]) -> None:
    """A line per frame, person and joint, for spreadsheets; px counted from 0 as in the JSON."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("frame", "seconds", "id", "joint", "x", "y", "score"))
        for frame in frames:
            people = frame.people
            for row, joint in zip(*np.nonzero(people.present), strict=True):
                x, y = people.keypoints[row, joint] - 0.5
                where = (frame.number, f"{frame.seconds:.3f}", int(people.ids[row]), joints[joint])
                table.writerow((*where, f"{x:.2f}", f"{y:.2f}", f"{people.joint_scores[row, joint]:.4f}"))


def write_page(path: Path, name: str, strip: Rows[tuple[int, np.ndarray]], frames: Rows[Tracked], words: str) -> None:
    """A strip of frames (number, RGB) and the line of each track; the page needs no other file."""
    lines = _lines(frames)
    pictures = "".join(
        f'<figure><img alt="frame {number}" src="data:image/jpeg;base64,{_embedded(image)}">'
        f"<figcaption>{number}</figcaption></figure>"
        for number, image in strip
    )
    chart = timeline_svg(lines, len(frames)) if lines else "<p>Nobody was found.</p>"
    title = html.escape(name)
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title} – tracks</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{html.escape(words)}</p><div>{pictures}</div><h2>Tracks</h2>"
        f"<p>One line per track; frames as they were looked at. A gap is where the person was not found.</p>{chart}</html>\n",
        encoding="utf-8",
    )


_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:960px;margin:2em auto;padding:0 1em;color:#1f2530}"
    "div{display:flex;flex-wrap:wrap;gap:6px}figure{margin:0}img{height:150px;display:block}"
    "figcaption{font-size:12px;color:#8a8f98}"
)


def _lines(frames: Rows[Tracked]) -> list[Line]:
    """Tracks in the order of their beginning."""
    there: dict[int, list[int | None]] = {}
    for index, frame in enumerate(frames):
        for track in frame.people.ids.tolist():
            there.setdefault(track, [None] * len(frames))[index] = track
    return [Line(f"track {track}", spans(row)) for track, row in there.items()]


def _embedded(image: np.ndarray) -> str:
    scale = _HEIGHT / image.shape[0]
    small = cv2.resize(image, (max(1, round(image.shape[1] * scale)), _HEIGHT), interpolation=cv2.INTER_AREA)
    return base64.b64encode(encode_jpeg(np.asarray(small, np.uint8), 85)).decode()
