"""Spoils files of tensors: safetensors by its header, torch's archives by their pickle, both by their bytes."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.hostile import hostile_pickle
from tests.fuzz.raw import spoil_bytes
from tests.fuzz.trees import spoil


def spoil_safetensors(random: Random, data: bytes) -> tuple[bytes, str]:
    """A header whose tree is spoilt (the card within it, too), or other bytes."""
    if random.random() < 0.4:
        return spoil_bytes(random, data)
    try:
        size = struct.unpack("<Q", data[:8])[0]
        header: Any = json.loads(data[8 : 8 + size])
    except (struct.error, ValueError, RecursionError):  # spoilt before
        return spoil_bytes(random, data)
    if not isinstance(header, dict) or not header:
        return spoil_bytes(random, data)
    card = header.get("__metadata__", {}).get("rarepose")
    if card is not None and random.random() < 0.7:
        inner = json.loads(card)
        _, what = spoil(random, inner)
        header["__metadata__"]["rarepose"] = json.dumps(inner)
    else:
        _, what = spoil(random, header)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    length = random.choice((len(text),) * 6 + (2**40, 2**63, len(text) + 1, 0))
    return struct.pack("<Q", length) + text + data[8 + size :], f"header: {what}"


def spoil_torch(random: Random, data: bytes, folder: Path, beside: dict[str, Any] | None = None) -> tuple[bytes, str]:
    """An archive with another pickle inside, one that is a bare pickle, or other bytes."""
    kind = random.random()
    if kind < 0.4:
        return spoil_bytes(random, data)
    hostile, what = hostile_pickle(random, folder, beside)
    if kind < 0.55:
        return hostile, f"a bare pickle: {what}"
    try:
        return repacked(random, data, hostile), f"its pickle: {what}"
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, IndexError):  # spoilt before
        return spoil_bytes(random, data)


def repacked(random: Random, data: bytes, inside: bytes) -> bytes:
    """The archive with its `data.pkl` replaced, sometimes with further members that unpackers look for."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, inside if name.endswith("data.pkl") else old.read(name))
        if random.random() < 0.3:
            root = old.namelist()[0].partition("/")[0]
            new.writestr(f"{root}/constants.pkl", inside)
            new.writestr(f"{root}/code/__torch__.py", "import os\n")
    return buffer.getvalue()
