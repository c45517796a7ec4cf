"""The images of a folder: all that lie in it, looked up by the names that annotations give them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from smpl_assets.errors import InputError
from smpl_assets.walk import files_below
from training.datasets.image_index import NOT_THERE, ImageIndex
from training.datasets.image_names import IMAGE_ENDINGS, Parts, parts_of, spellings

_SHOWN = 3
_COMPARED = 2000


class ImageFolder:
    """Looks images up under a root; without a root every image counts as there.

    missing: names that were looked for in vain. unused: files that no name meant, as long as some name is missing.
    """

    def __init__(self, root: Path | None, only: Sequence[Path] | None = None) -> None:
        """Of the files below `root`, or `only` these; InputError if `root` is given and is not a folder that can be listed."""
        self.root, self.missing = root, list[str]()
        self._unused: dict[str, None] = {}
        if root is None:
            return
        if not root.is_dir():
            raise InputError(
                f"{root}: no such image folder", "set `images` to the folder that the annotations' image names are relative to"
            )
        files = _files_below(root) if only is None else [file.relative_to(root).parts for file in only]
        self._index = ImageIndex(files, root.absolute().parts)
        self._unused = {"/".join(f): None for f in files if Path(f[-1]).suffix.lower() in IMAGE_ENDINGS}
        self._images = len(self._unused)

    def find(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Each name's path relative to the root, as ImageTable holds it, and '', or the reason why there is none."""
        if self.root is None:
            return {name: ("/".join(parts_of(name)), "") for name in names}
        found = {name: ("", m) if isinstance(m, str) else ("/".join(m), "") for name, m in self._index.find(names).items()}
        for path, _ in found.values():
            self._unused.pop(path, None)
        self.missing += [name for name, (_, why) in found.items() if why == NOT_THERE]
        return found

    @property
    def unused(self) -> list[str]:
        """Images that no name meant so far."""
        return list(self._unused)

    def told(self) -> str:
        """What was looked for in vain and what is there instead, three of each; '' if nothing was."""
        if not self.missing:
            return ""
        wanted, there = self.missing[:_SHOWN], {path.rpartition("/")[2]: path for path in islice(self._unused, _COMPARED)}
        like = [there[n] for name in wanted for n in difflib.get_close_matches(spellings(name)[-1][-1], there, 1)]
        shown = list(dict.fromkeys([*like, *there.values()]))[:_SHOWN]
        holds = f"{self._images} images, unused {', '.join(shown)}" if shown else f"{self._images} images, all used"
        return f"looked for {', '.join(wanted)}; {self.root} holds {holds}"


def _files_below(root: Path) -> list[Parts]:
    """Files by their path below the root; InputError if it cannot be listed."""

    def refuse(error: OSError) -> None:
        if error.filename == str(root):
            raise InputError(f"{root}: cannot be listed ({error.strerror})", "check its permissions") from error

    return sorted(path.parts for path in files_below(root, refuse))
