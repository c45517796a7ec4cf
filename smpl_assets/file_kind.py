"""What a file that cannot be read is instead: a web page, a pointer, an archive, a download cut off, line ends changed.

Asked only once reading has failed, so that the error names the cause. Knows files by their first bytes, never by their name.
"""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from smpl_assets.errors import InputError

HEAD = 1 << 16
_FETCH = "fetch it again from where it came from, as a binary download"
_UNPACK = "unpack it and name the file inside"
# First bytes -> what such a file is, and the next step.
_SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"\x1f\x8b", "a gzip archive (.gz, .tar.gz)", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"(\xb5/\xfd", "a zstd archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a\x07", "a rar archive", _UNPACK),
    (b"version https://git-lfs.github.com/spec/", "a git-LFS pointer, not the file itself", "git lfs pull"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "name a file of the format that is read here"),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", "name a file of the format that is read here"),
    (b"\x93NUMPY", "a single NumPy array (.npy)", "name a file of the format that is read here"),
    (b"%PDF", "a PDF", _FETCH),
    (b"\x89PNG", "a PNG image", _FETCH),
    (b"\xff\xd8\xff", "a JPEG image", _FETCH),
    (b"Kaydara FBX Binary", "an FBX file", "export it as a file of the format that is read here"),
)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title")


@dataclass(frozen=True)
class FileKind:
    """what: ends the sentence `it is ...`; next_step: how to get the right file."""

    what: str
    next_step: str


def kind_of(path: Path) -> FileKind | None:
    """What a file is, None where it looks like nothing that is known here (or cannot be opened)."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError:
        return None
    if not size:
        return FileKind("an empty file", _FETCH)
    if not any(head):
        return FileKind("nothing but zeros: a download that never ended, or a disk that was full", _FETCH)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    low = text[:512].lower()
    if low.startswith(_PAGES) or (low.startswith(b"<") and b"<html" in low):
        return FileKind("a web page (for sign-in or an error) saved in the file's place", f"sign in, and {_FETCH}")
    if low.startswith(b"<?xml"):
        return FileKind("an XML document, as servers send errors", _FETCH)
    if b"/annex/objects/" in head and size < HEAD:
        return FileKind("a git-annex pointer, not the file itself", "git annex get FILE")
    for sign, what, step in _SIGNS:
        if text.startswith(sign) or head.startswith(sign):
            return FileKind(what + _members(path, sign), step)
    if head[257:262] == b"ustar":
        return FileKind("a tar archive" + _members(path, b"ustar"), _UNPACK)
    return None


def _members(path: Path, sign: bytes) -> str:
    """` of a.pkl, b.pkl, ...` for an archive whose list can be read."""
    names: list[str] = []
    try:
        if sign == b"PK\x03\x04":
            with zipfile.ZipFile(path) as zipped:
                names = [n for n in zipped.namelist() if not n.endswith("/")]
        elif sign == b"ustar":
            with tarfile.open(path, "r:") as tar:
                names = [m.name for m in tar if m.isfile()]
    except (OSError, zipfile.BadZipFile, tarfile.TarError):
        return " that is cut off"
    shown = f" of {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}" if names else ""
    return f"{shown} (a PyTorch checkpoint)" if any(n.endswith("/data.pkl") for n in names) else shown


def changed_line_ends(path: Path) -> str:
    """What transfer as text did to the line ends of a binary file; '' where nothing shows.

    Of the newlines of a binary file one in 256 follows a carriage return by chance; where all do, or hardly one of thousands
    does, the file has been converted.
    """
    try:
        data = path.read_bytes()
    except (OSError, MemoryError):
        return ""
    lines, pairs = data.count(b"\n"), data.count(b"\r\n")
    if lines >= 4 and pairs == lines:
        return "its line ends were changed from LF to CRLF"
    binary = sum(byte > 127 for byte in data[:HEAD]) > min(len(data), HEAD) // 10
    return "its line ends were changed from CRLF to LF" if binary and lines > 4096 and pairs < lines / 2048 else ""


def cannot_be_read(path: Path, wanted: str, why: object, next_step: str, binary: bool = False) -> InputError:
    """The error for a file that is not what was wanted, with what it is instead where that can be seen.

    Args:
        path: the file.
        wanted: what it should be: `a BVH file`.
        why: what its reader says, where nothing better is known.
        next_step: what to do then.
        binary: whether changed line ends would have damaged it.
    """
    kind = kind_of(path)
    if kind is not None:
        return InputError(f"{path}: not {wanted}; it is {kind.what}", kind.next_step)
    if binary and (ends := changed_line_ends(path)):
        return InputError(f"{path}: damaged: {ends} (transferred as text)", f"{_FETCH}; in git, mark such files as binary")
    return InputError(f"{path}: not {wanted} ({why})", next_step)
