"""Image names as annotation tools write them: both systems' separators, drives, URLs, percent encoding, Unicode forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, unquote_plus

Parts = tuple[str, ...]

IMAGE_ENDINGS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".gif",
    ".jp2", ".avif", ".heic", ".heif",
})  # fmt: skip
_SAME_ENDING = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif", ".dib": ".bmp"}
_PLAIN = re.compile(r"[A-Za-z0-9_./\-]+")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+://[^/]*/")
_DRIVE = re.compile(r"/?[A-Za-z]:")
# Label Studio puts this before the name of an uploaded file. A date has no letter.
_UPLOAD = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{8}-(?=.)")


def spellings(name: str) -> list[Parts]:
    """The paths that a name may mean, folders and file, the literal one first; of empty ones there is none."""
    if _PLAIN.fullmatch(name) and not _UPLOAD.match(name.rpartition("/")[2]):
        return [p for p in (parts_of(name),) if p]
    return [p for p in dict.fromkeys(map(parts_of, _texts(name))) if p]


def parts_of(path: str) -> Parts:
    """Folders and file of a path with slashes; a path never leads out of where it starts."""
    found: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del found[-1:]
        elif part not in ("", "."):
            found.append(part)
    return tuple(found)


def _texts(name: str) -> Iterator[str]:
    yield name
    text = name.strip().replace("\\", "/")
    yield text
    text = _HOST.sub("", text, count=1)
    address, _, query = text.partition("?")
    for _, value in parse_qsl(query):  # Label Studio: /data/local-files/?d=photos/a.jpg
        if PurePosixPath(value).suffix.lower() in IMAGE_ENDINGS:
            yield from _texts(value)
    for path in (text, address, address.partition("#")[0]):
        yield from _decoded(path)


def _decoded(path: str) -> Iterator[str]:
    for text in (path, unquote(path), unquote(unquote(path)), unquote_plus(path)):
        local = _DRIVE.sub("", text.replace("\\", "/"), count=1) if _DRIVE.match(text) else text
        yield local
        folder, slash, file = local.rpartition("/")
        if _UPLOAD.match(file):
            yield folder + slash + _UPLOAD.sub("", file, count=1)


def folded(text: str) -> str:
    """The same for all spellings of a text in upper and lower case and in Unicode's forms."""
    return text if text.isascii() and text.islower() else unicodedata.normalize("NFC", text).casefold()


def stem_of(file: str) -> str:
    """A file's folded name without the ending, where it is an image's."""
    stem, dot, ending = folded(file).rpartition(".")
    return stem if stem and dot + ending in IMAGE_ENDINGS else folded(file)


EXACT, COMPOSED, CASE, SAME_KIND, ANY_ENDING = range(5)


def likeness(wanted: str, there: str) -> int:
    """How a file's name fits the one looked for (both of one stem): literally, ..., in nothing but the stem (`ANY_ENDING`)."""
    if wanted == there:
        return EXACT
    if unicodedata.normalize("NFC", wanted) == unicodedata.normalize("NFC", there):
        return COMPOSED
    if folded(wanted) == folded(there):
        return CASE
    return SAME_KIND if _kind(wanted) == _kind(there) else ANY_ENDING


def has_other_ending(name: str, path: str) -> bool:
    """Whether a name is that of another kind of image than the file that was found for it."""
    file = path.rpartition("/")[2]
    given = [parts[-1] for parts in spellings(name)]
    return all(likeness(n, file) == ANY_ENDING for n in given) and any(_kind(n) in IMAGE_ENDINGS for n in given)


def _kind(file: str) -> str:
    ending = PurePosixPath(folded(file)).suffix
    return _SAME_ENDING.get(ending, ending)
