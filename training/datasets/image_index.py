"""Files by name, and which of them a name means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from training.datasets.image_names import ANY_ENDING, COMPOSED, Parts, folded, likeness, spellings, stem_of

NOT_THERE = "image not in the folder"
SEVERAL = "image name fits several files of the folder"
COLLIDES = "image names of different folders mean one file"


@dataclass(frozen=True, order=True)
class Match:
    """How well a file fits a name; of two the greater one fits better.

    same_ending: at least the endings are of one kind. shared: how many parts of the path agree, counted from the file's name.
    whole: all parts of the file's path below the root do. spelling: minus its place among the name's spellings. alike: minus
    `likeness`. file: the path below the root. folder: the folders in the name.
    """

    same_ending: bool
    shared: int
    whole: bool
    spelling: int
    alike: int
    file: Parts
    folder: Parts

    @property
    def rank(self) -> tuple[int, ...]:
        """What decides between two files for one name."""
        return self.same_ending, self.shared, self.whole, self.spelling, self.alike

    @property
    def claim(self) -> tuple[int, ...]:
        """What decides between two names for one file."""
        return self.shared, self.same_ending, self.spelling, self.alike


class ImageIndex:
    """Finds files by name under a root.

    Annotations name images from different starting points (`images/val/a/0.jpg`, `a/0.jpg`, `0.jpg`, a URL): the file is meant
    whose path, the root's own folders included, agrees in most parts with the name, counted from its end. It has to be one.
    """

    def __init__(self, files: Iterable[Parts], root: Parts = ()) -> None:
        """`files`: their paths below a root whose own path is `root`."""
        self._root = tuple(map(folded, root))
        self._by_stem: dict[str, list[Parts]] = defaultdict(list)
        for file in files:
            self._by_stem[stem_of(file[-1])].append(file)

    def find(self, names: Sequence[str]) -> dict[str, Parts | str]:
        """The file of each name, or the reason why there is none.

        No two names get one file: the one that shares more of its path keeps it, of equals neither does. Where names of two
        folders meet in one file, the folder that fits less well is not this one, and none of its images is looked for there.
        A folder of the names that is there, or a folder in it, is the only place of its images.
        """
        found: dict[str, Match | str] = {name: self._match(name, ANY_ENDING) for name in dict.fromkeys(names)}
        matches = {name: match for name, match in found.items() if isinstance(match, Match)}
        elsewhere = dict.fromkeys(_elsewhere(matches), NOT_THERE)
        collided = _collisions({n: match for n, match in matches.items() if n not in elsewhere})
        return {n: match.file if isinstance(match, Match) else match for n, match in (found | elsewhere | collided).items()}

    def file(self, name: str, loosest: int = ANY_ENDING) -> Parts | str:
        """The file of one name, whatever others mean, or the reason; endings may differ as far as `loosest` (`likeness`) says."""
        match = self._match(name, loosest)
        return match.file if isinstance(match, Match) else match

    def _match(self, name: str, loosest: int) -> Match | str:
        found: list[Match] = []
        for place, parts in enumerate(spellings(name)):
            for file in self._by_stem.get(stem_of(parts[-1]), ()):
                alike = likeness(parts[-1], file[-1])
                if alike <= (loosest if _is_image(file[-1]) else COMPOSED) or (alike == ANY_ENDING and not _is_image(parts[-1])):
                    found.append(self._measured(parts, file, place, alike))
        best = max(found, default=None)
        if best is None:
            return NOT_THERE
        rivals = {match.file for match in found if match.rank == best.rank}
        return best if len(rivals) == 1 else SEVERAL

    def _measured(self, wanted: Parts, file: Parts, place: int, alike: int) -> Match:
        shared = 1
        path = (*self._root, *file)
        while shared < min(len(wanted), len(path)) and folded(wanted[-1 - shared]) == folded(path[-1 - shared]):
            shared += 1
        folder = tuple(map(folded, wanted[:-1]))
        return Match(alike < ANY_ENDING, shared, shared >= len(file), -place, -alike, file, folder)


def _is_image(file: str) -> bool:
    return stem_of(file) != folded(file)


def _elsewhere(matches: dict[str, Match]) -> list[str]:
    """The names whose file lies outside of where the other images of their folder are."""
    deepest: dict[Parts, int] = defaultdict(int)
    for match in matches.values():
        deepest[match.folder] = max(deepest[match.folder], match.shared)
    homes: dict[Parts, set[Parts]] = defaultdict(set)
    for match in matches.values():
        if match.shared == deepest[match.folder]:
            homes[match.folder].add(match.file[:-1])
    return [n for n, m in matches.items() if not any(m.file[:depth] in homes[m.folder] for depth in range(len(m.file)))]


def _collisions(matches: dict[str, Match]) -> dict[str, str]:
    """The names that lose their file to another name, or to the fact that there is one."""
    claims: dict[Parts, list[str]] = defaultdict(list)
    for name, match in matches.items():
        claims[match.file].append(name)
    lost: dict[str, str] = {}
    beaten: dict[tuple[Parts, Parts], tuple[int, str]] = {}
    for file, names in claims.items():
        if len(names) == 1:
            continue
        best = max(matches[n].claim for n in names)
        winners = [n for n in names if matches[n].claim == best]
        why, losers = (COLLIDES, names) if len(winners) > 1 else (NOT_THERE, [n for n in names if n not in winners])
        lost |= dict.fromkeys(losers, why)
        for loser in losers:
            folder, shared = matches[loser].folder, matches[loser].shared
            if any(matches[n].folder != folder for n in names):
                key = (folder, file[:-1])
                beaten[key] = max(beaten.get(key, (0, why)), (shared, why))
    for name, match in matches.items():
        shared, why = beaten.get((match.folder, match.file[:-1]), (0, ""))
        if match.shared <= shared:
            lost.setdefault(name, why)
    return lost
