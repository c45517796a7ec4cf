"""Which of a file's names means which picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from smpl_assets.errors import InputError
from training.datasets.image_names import IMAGE_ENDINGS, Parts, parts_of, spellings

_Table = dict[Parts, set[str]]


def match_names(pictures: Sequence[str], names: Sequence[str], file: Path, stems: bool = True) -> dict[str, str]:
    """Picture -> what the file calls it, of those that it knows; no two pictures have one name.

    Names count as they are written, then in the other spellings that belong to one of them alone. Of each, the whole name counts
    first, then the longest end of it that one picture and one name of the file have, then (`stems`) the same without the
    picture's ending, then the number that its stem is.

    Raises:
        InputError: a name that is the end of two pictures, or a picture that is the end of two names.
    """
    keys = {picture: _keys(picture, stems) for picture in pictures}
    wanted = {key for own in keys.values() for key in own}
    literal = [(name, [parts_of(name)]) for name in names]
    spelled = [(name, [*own, *_respelled(name)]) for name, own in literal]
    found: dict[str, str] = {}
    ends: _Table = {}
    for listed in (literal, spelled):
        whole: _Table = {}
        ends = {}
        for name, own in listed:
            for parts in own:
                whole.setdefault(parts, set()).add(name)
                for key in wanted.intersection(_ends(parts)):
                    ends.setdefault(key, set()).add(name)
        _take(found, {picture: own[:1] for picture, own in keys.items()}, whole)
        _take(found, keys, ends)
    _check(found, keys, ends, file)
    return found


def _keys(picture: str, stems: bool) -> list[Parts]:
    """What a picture may be called, the most telling first."""
    *folders, file = parts_of(picture)
    found = _ends((*folders, file))
    if stems:
        stem = PurePosixPath(file).stem
        found += _ends((*folders, stem)) + ([(str(int(stem)),)] if stem.isdecimal() else [])
    return list(dict.fromkeys(found))


def _ends(parts: Parts) -> list[Parts]:
    return [parts[start:] for start in range(len(parts))]


def _respelled(name: str) -> list[Parts]:
    """The other spellings of a name; where an image's ending is lost, what follows `#` or `?` was part of the name."""
    ending = PurePosixPath(name).suffix.lower()
    return [parts for parts in spellings(name)[1:] if ending not in IMAGE_ENDINGS or parts[-1].lower().endswith(ending)]


def _take(found: dict[str, str], keys: Mapping[str, Sequence[Parts]], table: _Table) -> None:
    """Add the pictures that have a key of their own which one name has."""
    sharing = Counter(key for own in keys.values() for key in own)
    taken = set(found.values())
    for picture in [picture for picture in keys if picture not in found]:
        alone = (table[key] for key in keys[picture] if sharing[key] == 1 and len(table.get(key, ())) == 1)
        name = next((name for names in alone for name in names - taken), None)
        if name is not None:
            found[picture] = name
            taken.add(name)


def _check(found: Mapping[str, str], keys: Mapping[str, Sequence[Parts]], ends: _Table, file: Path) -> None:
    """InputError where a name and a picture without each other are one the end of the other, and not alone in that."""
    taken = set(found.values())
    sharing: dict[Parts, list[str]] = {}
    for picture, own in keys.items():
        for key in own:
            sharing.setdefault(key, []).append(picture)
    for picture, own in keys.items():
        for key in own if picture not in found else ():
            free = sorted(ends.get(key, set()) - taken)
            if len(sharing[key]) > 1 and any(parts_of(name) == key for name in free):
                raise _double(key, file, sharing[key], "let the file have their whole names")
            if len(free) > 1 and key == own[0]:
                raise _double(key, file, free, "name the folder above, so that pictures are called as in the file")


def _double(key: Parts, file: Path, called: Iterable[str], next_step: str) -> InputError:
    return InputError(f"two pictures are called {'/'.join(key)} in {file}: {', '.join(list(called)[:4])}", next_step)
