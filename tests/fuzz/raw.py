"""Spoils files as bytes and as text, whatever they hold: cut off, flipped, filled with zeros, in another encoding, packed."""

from __future__ import annotations

import gzip
import re
from random import Random

_ODD_BYTES = (b"", b"\x00", b"\xff" * 8, b"\x00" * 512, b"\n", b"\r\n", b"\xef\xbb\xbf", b"\x1f\x8b", b"%PDF-1.4\n",
              b"<!DOCTYPE html><p>404",
              b"9" * 5000, b"1e999999", b"-", b"NaN", b"[" * 3000, b'{"a":' * 3000, b"[" * 200_000)  # fmt: skip


def spoil_bytes(random: Random, data: bytes) -> tuple[bytes, str]:
    """Other bytes, and what was done."""
    size = len(data)
    first = random.randrange(size + 1)
    last = min(size, first + int(2 ** random.uniform(0, 12)))
    kind = random.choice(
        ("flip", "flip", "flip", "bits", "cut", "cut", "head", "zeros", "drop", "twice", "insert", "insert", "swap")
    )
    if kind == "flip":
        changed = bytearray(data)
        for _ in range(random.choice((1, 1, 1, 2, 8, 64))):
            if changed:
                changed[random.randrange(size)] = random.randrange(256)
        return bytes(changed), "bytes changed"
    if kind == "bits":
        changed = bytearray(data)
        if changed:
            changed[random.randrange(size)] ^= 1 << random.randrange(8)
        return bytes(changed), "a bit flipped"
    if kind == "cut":
        return data[:first], f"cut off after {first} of {size} bytes"
    if kind == "head":
        return data[first:], f"its first {first} bytes lost"
    if kind == "zeros":
        return data[:first] + bytes(last - first) + data[last:], f"zeros from {first} to {last}"
    if kind == "drop":
        return data[:first] + data[last:], f"bytes {first} to {last} lost"
    if kind == "twice":
        return data[:last] + data[first:], f"bytes {first} to {last} twice"
    if kind == "swap":
        return data[last:] + data[first:last] + data[:first], "its parts swapped"
    odd = random.choice(_ODD_BYTES)
    return data[:first] + odd + data[first:], f"{odd[:12]!r} ({len(odd)} bytes) inserted at {first}"


def spoil_text(random: Random, data: bytes) -> tuple[bytes, str]:
    """A text file as other programs write it, or with one of its words, numbers or lines spoilt."""
    text = data.decode("utf-8", "surrogateescape")
    kind = random.choice(
        ("encoding", "packed", "ends", "number", "number", "word", "word", "line", "line", "bytes", "bytes", "empty")
    )
    if kind == "encoding":
        name = random.choice(("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "cp037"))
        return text.encode(name, "replace"), f"encoded as {name}"
    if kind == "packed":
        return gzip.compress(data, mtime=0), "packed with gzip"
    if kind == "ends":
        end = random.choice(("\r\n", "\r", "\n\n", "\u2028"))
        return text.replace("\n", end).encode("utf-8", "surrogateescape"), f"lines end in {end!r}"
    if kind == "empty":
        return random.choice((b"", b"\n", b"null", b"{}", b"[]", b'""', b"0")), "next to nothing left"
    found = {"number": r"-?\d+\.?\d*", "word": r"[A-Za-z_]{2,}", "line": r"[^\n]*\n"}.get(kind)
    places = list(re.finditer(found, text)) if found else []
    if not places:
        return spoil_bytes(random, data)
    place = random.choice(places)
    new = _other(random, kind, place.group())
    changed = text[: place.start()] + new + text[place.end() :]
    return changed.encode("utf-8", "surrogatepass"), f"{place.group()[:20]!r} became {new[:20]!r}"


def _other(random: Random, kind: str, found: str) -> str:
    if kind == "number":
        return random.choice(
            ("", "-", "0", "-0", "1e309", "nan", "inf", "9" * 5000, "0x1f", "1_0", "٣", "1.2.3", "-1", f"{found}0", "1e-400")
        )
    if kind == "word":
        return random.choice(
            ("", found.upper(), found[1:], found * 2, "é", "\x00", "nul", f'"{found}"', f"#{found}", "a" * 70_000)
        )
    return random.choice(
        ("", found * 2, "\n", found * 1000, found.rstrip("\n"), "  " + found, "\t" + found, "# " + found, "}\n", "{\n")
    )
