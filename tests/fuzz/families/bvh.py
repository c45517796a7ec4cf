"""BVH motion files, and DeepMimic's JSON."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path
from random import Random

import torch

from smpl_assets.poses.clips import Clip, read_clips
from smpl_assets.poses.settings import PoseFiles
from tests.fuzz.case import Case, Family
from tests.fuzz.raw import spoil_text
from tests.smpl_assets.poses.clips import write_bvh, write_deepmimic

FRAMES = 5
Reading = tuple[list[Clip], list[str]]


@cache
def _texts() -> tuple[bytes, bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return write_bvh(folder / "a.bvh", FRAMES, 0).read_bytes(), write_deepmimic(folder / "a.txt", FRAMES, 0).read_bytes()


def _number(random: Random, text: bytes) -> tuple[bytes, str]:
    """An odd word for one of the file's words, wherever it stands."""
    words = list(re.finditer(rb"[^\s,\[\]]+", text))
    if not words:
        return spoil_text(random, text)
    place = random.choice(words)
    new = random.choice((b"nan", b"inf", b"-inf", b"1e400", b"1e30", b"0", b"-1", b"", b"x", b"999999999999", b"3.5", b"0x10",
                         b"{", b"}", b"End",
                         b"ROOT", b"JOINT a", b"CHANNELS 3 Wrotation Yrotation Xrotation", b"Hips", b"Zrotation", b"Xposition",
                         b"9" * 5000))  # fmt: skip
    return text[: place.start()] + new + text[place.end() :], f"{place.group()[:20]!r} became {new[:40]!r}"


# The same motion as other programs write it (kind 8 of what people's files really hold).
HARMLESS = {
    "nothing": lambda text: text,
    "lines of Windows": lambda text: text.replace(b"\n", b"\r\n"),
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "blank lines": lambda text: text.replace(b"MOTION", b"\n\nMOTION\n").replace(b"Frame Time", b"\nFrame Time") + b"\n\n",
    "spaces for tabs": lambda text: text.replace(b"\t", b"    "),
    "names with a prefix": lambda text: re.sub(rb"(ROOT|JOINT) ", rb"\1 mixamorig:", text),
}


def build(random: Random, folder: Path) -> Case:
    """One motion, spoilt or written otherwise."""
    form = "bvh" if random.random() < 0.8 else "deepmimic"
    text, done, kind = _texts()[form == "deepmimic"], [form], random.random()
    harmless = kind < 0.15 and form == "bvh"
    if harmless:
        how = random.choice(list(HARMLESS))
        text = HARMLESS[how](text)
        done.append(how)
    else:
        for _ in range(random.choice((1, 1, 2, 3))):
            text, what = (_number if random.random() < 0.5 else spoil_text)(random, text)
            done.append(what)
    path = folder / ("clip.bvh" if form == "bvh" else "clip.txt")
    path.write_bytes(text)
    rate = 0.0 if harmless else random.choice((0.0, 10.0, 30.0))
    files = PoseFiles(format=form, path=str(path), frames_per_second=rate)
    return Case(done, lambda: read_clips(files), lambda result: judge(result, harmless, text), harmless)


def judge(result: Reading, harmless: bool = False, text: bytes = b"") -> list[str]:
    """Poses are rotations, and no more of them than there were lines."""
    wrong = []
    for clip in result[0]:
        turns = torch.cat([clip.root[:, None], clip.body_pose], 1)
        if turns.shape[1:] != (24, 3, 3) or not len(turns):
            wrong.append(f"clip: shape {tuple(turns.shape)}")
        elif not torch.isfinite(turns).all():
            wrong.append("clip: rotations that are not finite")
        elif (turns @ turns.transpose(-1, -2) - torch.eye(3)).abs().max() > 1e-3:
            wrong.append("clip: matrices that are no rotations")
    if harmless and (result[1] or not torch.equal(result[0][0].body_pose, _unspoilt())):
        wrong.append(f"harmless, poses: other ones ({result[1]})")
    return wrong


@cache
def _unspoilt() -> torch.Tensor:
    with tempfile.TemporaryDirectory() as folder:
        path = write_bvh(Path(folder, "a.bvh"), FRAMES, 0)
        return read_clips(PoseFiles(format="bvh", path=str(path), frames_per_second=0.0))[0][0].body_pose


FAMILY = Family("bvh", build)
