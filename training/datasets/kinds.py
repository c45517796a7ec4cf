"""What kind of file lies at a path, from its first bytes, whatever it is called."""

from __future__ import annotations

import codecs
from pathlib import Path

HEAD = 65536
_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", "hdf5"), (b"MATLAB", "mat"), (b"PK\x03\x04", "zip archive"), (b"\x1f\x8b", "gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"), (b"Rar!", "rar archive"), (b"\xff\xd8\xff", "picture"), (b"\x89PNG", "picture"),
    (b"GIF8", "picture"), (b"BM", "picture"), (b"II*\x00", "picture"), (b"MM\x00*", "picture"), (b"\x93NUMPY", "numpy array"),
    (b"\x80\x02", "pickle"), (b"\x80\x03", "pickle"), (b"\x80\x04", "pickle"), (b"\x80\x05", "pickle"),
    (b"PAR1", "parquet table"), (b"SQLite format 3", "database"), (b"\x00\x00\x00", "video"),
)  # fmt: skip
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def kind_of(path: Path) -> str:
    """`folder`, `hdf5`, `mat`, `json`, `xml`, `text`, `empty file`, or what else its first bytes say (`zip archive`, ...)."""
    if path.is_dir():
        return "folder"
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        return "empty file"
    text = head_text(head)
    if text is not None:
        return {"{": "json", "[": "json", "<": "xml"}.get(text.lstrip()[:1], "text")
    found = (kind for magic, kind in _MAGIC if head.startswith(magic))
    return next(found, "tar archive" if head[257:262] == b"ustar" else "binary file")


def head_text(head: bytes) -> str | None:
    """The beginning of a file as text in whatever encoding (UTF-16 without a mark: ASCII letters only); None where it is none."""
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), "")
    odd, even = head[1:64:2], head[0:64:2]
    wide = "utf-16-le" if odd and not any(odd) else "utf-16-be" if odd and not any(even) else ""
    if not marked and not wide and (b"\x00" in head or any(head.startswith(magic) for magic, _ in _MAGIC)):
        return None
    return codecs.getincrementaldecoder(marked or wide or "utf-8")(errors="replace").decode(head)
