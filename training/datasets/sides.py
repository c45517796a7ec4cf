"""Left and right in keypoint names, wherever a name says it: `left_eye`, `eye_left`, `eyeL`, `L_Eye`, `l.eye`, `eye (left)`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_SIDES = {"left": "left", "right": "right", "l": "left", "r": "right", "lt": "left", "rt": "right"}
_OTHER = {"left": "right", "right": "left"}
_SIDE = re.compile(r"(left|right|lt|rt|l|r)(\d*)")  # `eye_L2`: the number is a word of its own
_LETTER = re.compile(r"([a-z])(\d*)")
# `LeftEye`, `eyeL`, `LEye` and `LBigToe` are several words, too.
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ALPHABET = 6  # names that differ in more letters than this are lettered (point_a ... point_z): `l` and `r` are no sides then


@dataclass(frozen=True)
class Sided:
    """Keypoint names with their sides in front, and what belongs together.

    names: `left_eye` where a name of a pair has one side; else as it is spelt, in lower case with underscores.
    pairs: (left, right) of these names.
    alone: positions of names with `left` or `right` as a word that are no part of a pair.
    """

    names: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    alone: tuple[int, ...]


@dataclass(frozen=True)
class _Reading:
    """One way to read a name: the words that are no side, and the sides, both in their order."""

    words: tuple[str, ...]
    sides: tuple[str, ...]

    def mirrored(self) -> Iterator[_Reading]:
        """What the other one of the pair may be: all sides swapped (the outer corner of the other eye), else one of them."""
        yield _Reading(self.words, tuple(_OTHER[s] for s in self.sides))
        for at, side in enumerate(self.sides):
            yield _Reading(self.words, (*self.sides[:at], _OTHER[side], *self.sides[at + 1 :]))

    def name(self, spelt: str) -> str:
        """The side in front; a name of several sides, or of nothing else, stays as it is spelt."""
        return "_".join((*self.sides, *self.words)) if len(self.sides) == 1 and self.words else spelt


Readings = dict[int, _Reading]


def find_sides(names: Sequence[str]) -> Sided:
    """Which names are left, which right, and which two are a pair.

    A side counts only where the same name with the other side is there as well, so that the `ring` finger and the `lip` are no
    sides of anything. Sides that are words are looked for first, then those glued to others (`lefteye`, `reye`, `pawl`).
    """
    spelt = _spelt(names)
    taken: Readings = {}
    pairs: list[tuple[int, int]] = []
    readers: tuple[Callable[[Sequence[str]], Readings], ...] = (_words, _glued_words, _first_letters, _last_letters)
    for reader in readers:
        readings = {at: reading for at, reading in reader(spelt).items() if at not in taken}
        place = {reading: at for at, reading in readings.items()}
        for at, reading in readings.items():
            other = next((place[m] for m in reading.mirrored() if m in place and place[m] not in taken), None)
            if at not in taken and other is not None:
                taken |= {at: reading, other: readings[other]}
                pairs.append((at, other) if reading.sides[0] == "left" else (other, at))
    result = tuple(taken[at].name(name) if at in taken else name for at, name in enumerate(spelt))
    alone = (at for at, name in enumerate(spelt) if at not in taken and {"left", "right"} & set(name.split("_")))
    return Sided(result, tuple((result[a], result[b]) for a, b in sorted(pairs)), tuple(alone))


def spelling(name: str) -> str:
    """`LeftShoulder`, `left-shoulder`, `Left Shoulder` -> `left_shoulder`; a name without any letter or digit stays as it is."""
    words = re.sub(r"[\W_]+", "_", _CAPITALS.sub("_", name.strip())).strip("_").lower()
    return words or name.strip()


def _spelt(names: Sequence[str]) -> tuple[str, ...]:
    """The names' spellings; those that only differ in what spelling drops (`a+`, `a-`) stay as they are."""
    spelt = [spelling(n) for n in names]
    often = Counter(spelt)
    distinct = {s: len({n.strip() for n, t in zip(names, spelt, strict=True) if t == s}) for s in often}
    return tuple(n.strip() if distinct[s] > 1 else s for n, s in zip(names, spelt, strict=True))


def _words(spelt: Sequence[str]) -> Readings:
    """Sides that are words, or words with a number (`eye_l`, `eye_l2`)."""
    letters: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for tokens in map(_split, spelt):
        for at, token in enumerate(tokens):
            if match := _LETTER.fullmatch(token):
                letters[_without(tokens, at, match[2])].add(match[1])
    found = {}
    for place, tokens in enumerate(map(_split, spelt)):
        words, sides = list[str](), list[str]()
        for at, token in enumerate(tokens):
            match = _SIDE.fullmatch(token)
            lettered = match is not None and len(match[1]) == 1 and len(letters[_without(tokens, at, match[2])]) > _ALPHABET
            if match is None or lettered:
                words.append(token)
            else:
                sides.append(_SIDES[match[1]])
                words += [match[2]] if match[2] else []
        if sides and (words or len(spelt[place]) > 1):
            found[place] = _Reading(tuple(words), tuple(sides))
    return found


def _split(name: str) -> tuple[str, ...]:
    return tuple(name.split("_"))


def _without(tokens: tuple[str, ...], at: int, number: str) -> tuple[str, ...]:
    return (*tokens[:at], number, *tokens[at + 1 :])


def _glued_words(spelt: Sequence[str]) -> Readings:
    """`lefteye`, `eyeright`, `frontleftpaw`."""
    found = {}
    for place, name in enumerate(spelt):
        sides = re.findall("left|right", name)
        if len(sides) == 1:
            found[place] = _Reading((name.replace(sides[0], "", 1).strip("_"),), (sides[0],))
    return found


def _first_letters(spelt: Sequence[str]) -> Readings:
    """`leye`, `reye`."""
    return _glued_letters([(name[:1], name[1:].strip("_")) for name in spelt])


def _last_letters(spelt: Sequence[str]) -> Readings:
    """`eyel`, `eyer`."""
    return _glued_letters([(name[-1:], name[:-1].strip("_")) for name in spelt])


def _glued_letters(parts: Sequence[tuple[str, str]]) -> Readings:
    letters: dict[str, set[str]] = defaultdict(set)
    for letter, rest in parts:
        letters[rest].add(letter)
    return {
        place: _Reading((rest,), (_SIDES[letter],))
        for place, (letter, rest) in enumerate(parts)
        if letter in ("l", "r") and rest and len(letters[rest]) <= _ALPHABET
    }
