"""BVH files as people have them: parsed line by line, so that an error names the line and what is wrong with it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from smpl_assets.errors import InputError
from smpl_assets.file_kind import cannot_be_read

_AGAIN = "check that the download is complete, or export the motion again"
_WANTED = "a BVH file, which has a HIERARCHY and a MOTION section"
_CHANNEL = re.compile(r"[xyz](position|rotation)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+")
Line = tuple[int, str]


@dataclass(frozen=True)
class BvhMotion:
    """names, parents and offsets (J, 3) of the joints; rotations (T, J, 3, 3) local; rate in frames a second."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Float[np.ndarray, "joints 3"]
    rotations: Float[np.ndarray, "frames joints 3 3"]
    rate: float

    def global_rotations(self) -> Float[np.ndarray, "frames joints 3 3"]:
        """Turn of every joint from the rest posture, world frame."""
        whole = self.rotations.copy()
        for joint, parent in enumerate(self.parents):
            if parent >= 0:
                whole[:, joint] = whole[:, parent] @ self.rotations[:, joint]
        return whole


def read_bvh(path: Path) -> BvhMotion:
    """Parse a BVH file; blank lines, byte order marks, any line ends and encodings do no harm.

    Raises InputError naming the line that is wrong, and what was expected there.
    """
    lines = [(number, line.strip()) for number, line in enumerate(_text(path).split("\n"), start=1) if line.strip()]
    motion = next((i for i, (_, line) in enumerate(lines) if line.upper() == "MOTION"), None)
    if motion is None or lines[0][1].upper() != "HIERARCHY":
        raise cannot_be_read(path, _WANTED, "HIERARCHY and a MOTION line are not there", _AGAIN)
    joints = _Joints.parse(path, lines[1:motion])
    values, step = _motion(path, iter(lines[motion + 1 :]), sum(len(c) for c in joints.channels))
    try:
        rotations = _rotations(values, joints.channels)
    except ValueError as error:
        raise InputError(f"{path}: a joint whose rotations are not of three axes in a row ({error})", _AGAIN) from error
    return BvhMotion(tuple(joints.names), tuple(joints.parents), np.array(joints.offsets), rotations, 1.0 / step)


def _text(path: Path) -> str:
    """The file's text with plain newlines."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})", "check the path and its permissions") from error
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass
class _Joints:
    """The hierarchy as it is read: what a BVH file says of its joints, in their order."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[list[float]] = field(default_factory=list)
    channels: list[list[str]] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)  # -1 is an end site

    @classmethod
    def parse(cls, path: Path, lines: list[Line]) -> _Joints:
        joints = cls()
        for number, line in lines:
            try:
                joints._take(line)
            except (IndexError, ValueError) as error:
                comma = next(filter(_DECIMAL_COMMA.fullmatch, line.split()), None)
                if comma:
                    raise _with_comma(path, number, comma) from error
                raise InputError(f"{path}, line {number}: '{line:.60}' is not BVH ({error})", _AGAIN) from error
        if not joints.names:
            raise InputError(f"{path}: the hierarchy has no joints", _AGAIN)
        if joints._open:
            raise InputError(
                f"{path}: the hierarchy ends inside joint {joints.names[joints._open[-1]]}: a brace is missing", _AGAIN
            )
        return joints

    def _take(self, line: str) -> None:
        """One line of the hierarchy; IndexError or ValueError where it is none."""
        word, *more = line.split(None, 1)
        word, rest = word.upper(), "".join(more).strip().removesuffix("{").strip()
        if word in ("ROOT", "JOINT"):
            self.parents.append(next((j for j in reversed(self._open) if j >= 0), -1))
            self._open.append(len(self.names))
            self.names.append(rest)
            self.offsets.append([0.0, 0.0, 0.0])
            self.channels.append([])
        elif word in ("END", "ENDSITE"):
            self._open.append(-1)
        elif word == "OFFSET":
            offset = [float(w) for w in rest.split()]
            if len(offset) != 3 or not np.isfinite(offset).all():
                raise ValueError("three numbers expected")
            if self._open[-1] >= 0:
                self.offsets[self._open[-1]] = offset
        elif word == "CHANNELS":
            count, *named = rest.split()
            if int(count) != len(named) or not all(_CHANNEL.fullmatch(n) for n in named):
                raise ValueError(f"{count} channels such as Xrotation expected")
            self.channels[self._open[-1]] = named
        elif word == "}":
            self._open.pop()
        elif word != "{":
            raise ValueError("ROOT, JOINT, End Site, OFFSET, CHANNELS or a brace expected")


def _motion(path: Path, lines: Iterator[Line], wanted: int) -> tuple[Float[np.ndarray, "frames channels"], float]:
    """The frames (T, channels) and the seconds between two of them."""
    line, promised = _field(path, lines, "Frames")
    if promised < 1 or promised != int(promised):
        raise InputError(f"{path}, line {line}: 'Frames: {promised:g}', at least one frame expected", _AGAIN)
    line, step = _field(path, lines, "Frame Time")
    if step <= 0:
        why = f"'Frame Time: {step:g}', the seconds between two frames expected"
        raise InputError(f"{path}, line {line}: {why}", "correct it to 1 / frames a second")
    rows = [(number, _numbers(path, number, line)) for number, line in lines]
    lengths = {len(row) for _, row in rows}
    numbers = [n for _, row in rows for n in row]
    if lengths - {wanted} and len(numbers) != int(promised) * wanted:  # a frame may be broken over several lines
        number, row = next((number, row) for number, row in rows if len(row) != wanted)
        raise InputError(f"{path}, line {number}: {len(row)} numbers, a frame has {wanted} channels", _AGAIN)
    if len(numbers) != int(promised) * wanted:
        raise InputError(f"{path}: {int(promised)} frames promised, {len(rows)} there", f"{_AGAIN}, or correct 'Frames:'")
    return np.array(numbers).reshape(-1, wanted), step


def _field(path: Path, lines: Iterator[Line], name: str) -> tuple[int, float]:
    """The number of a line `Name: value`, and its finite value."""
    number, line = next(lines, (0, ""))
    key, _, value = line.partition(":")
    found = _numbers(path, number, value) if "".join(key.split()).lower() == "".join(name.split()).lower() else []
    if len(found) != 1:
        where = f"{path}, line {number}: '{line:.60}'" if line else f"{path}: the end of the file"
        raise InputError(f"{where} where '{name}: number' should be", _AGAIN)
    return number, found[0]


def _numbers(path: Path, number: int, line: str) -> list[float]:
    """The numbers of a line, all finite."""
    found: list[float] = []
    for word in line.split():
        try:
            found.append(float(word))
        except ValueError:
            if _DECIMAL_COMMA.fullmatch(word):
                raise _with_comma(path, number, word) from None
            raise InputError(f"{path}, line {number}: '{word:.40}' is no number", _AGAIN) from None
    if not np.isfinite(found).all():
        raise InputError(f"{path}, line {number}: NaN or an infinite number", "mend the motion, or leave the file out")
    return found


def _with_comma(path: Path, number: int, word: str) -> InputError:
    return InputError(
        f"{path}, line {number}: '{word}' is written with a decimal comma", "export with decimal points (an English locale)"
    )


def _rotations(values: np.ndarray, channels: list[list[str]]) -> np.ndarray:
    result = np.tile(np.eye(3), (len(values), len(channels), 1, 1))
    column = 0
    for joint, names in enumerate(channels):
        turns = [(n[0].upper(), column + i) for i, n in enumerate(names) if n.lower().endswith("rotation")]
        column += len(names)
        if turns:
            axes, columns = "".join(t[0] for t in turns), [t[1] for t in turns]
            result[:, joint] = Rotation.from_euler(axes, values[:, columns], degrees=True).as_matrix().reshape(-1, 3, 3)
    return result
