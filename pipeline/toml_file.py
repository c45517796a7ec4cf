"""Reading a configuration file so that an unusable one is one clear error with its line."""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smpl_assets.errors import InputError

BACKSLASH = "use / or single quotes for paths: in double quotes a backslash begins an escape"
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file, with a byte order mark or without; InputError naming the line where it is none."""
    if path.is_dir():
        raise InputError(f"{path}: a folder where a TOML file is expected", "name the file itself")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror})", "name a configuration with --config; configs/ holds examples"
        ) from error
    text = _decoded(raw, path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        number = re.search(r"at line (\d+)", str(error))
        line = text.splitlines()[int(number[1]) - 1].strip() if number else ""
        shown = f": {line[:80]}" if line else ""
        raise InputError(f"{path}: not valid TOML ({error}){shown}", _cure(text, line)) from error
    except ValueError as error:  # a number of thousands of digits
        raise InputError(f"{path}: {error}", "write a number that is meant") from error
    check_escapes(values, str(path))
    return values


def _cure(text: str, line: str) -> str:
    """What to do about a line that is no TOML."""
    if "\\" in line:
        return BACKSLASH
    first = next((row.strip() for row in text.splitlines() if row.strip()), "")
    if first.startswith("{"):
        return "this looks like JSON: write `key = value` under [section]; configs/ holds examples"
    if re.match(r"[\w.-]+\s*:", line):
        return "this looks like YAML: write `key = value` under [section]; configs/ holds examples"
    if re.search(r"=\s*[-+]?\d+,\d+\s*$", line):
        return "write a decimal point: 0.5"
    return "docs/configuration.md; configs/ holds examples"


def _decoded(raw: bytes, path: Path) -> str:
    if raw.startswith(_WIDE) or b"\x00" in raw[:64]:
        raise InputError(f"{path}: written in UTF-16, TOML is UTF-8", "save it as UTF-8")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{path}: line {line}: not UTF-8 (byte {raw[error.start]:#x})", "save it as UTF-8") from error


def check_escapes(values: dict[str, Any], where: str) -> None:
    """InputError where a value holds a tab, a new line, ...: in double quotes a Windows path becomes one without a word."""
    for key, value in _texts(values, ()):
        if any(ord(letter) < 32 for letter in value):
            raise InputError(f"{where}: {key} = {value!r} holds a control character", BACKSLASH)


def _texts(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield ".".join(keys), value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*keys, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, keys)
