"""`docs/configuration.md`, written from the settings themselves: `python -m tools.config_docs`."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from pipeline.config import Config
from pipeline.sources import FIRST_PARTY

PATH = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
HEAD = """# Configuration

One TOML file, validated before anything runs; an unknown key is refused with the nearest known one. Any value can be changed
for one run with `--set section.key=value`. `configs/` holds examples. `render.body = "smpl"` is short for `[body] name = "smpl"`.
Paths in `data.train` and `data.validation` are relative to `data.root`, all others to the working directory.

This page is written from the settings by `python -m tools.config_docs`; the values shown are the defaults.
"""


def settings_markdown() -> str:
    """The whole page."""
    top = [n for n, f in Config.model_fields.items() if not _is_section(f.annotation)]
    parts = [HEAD, _block("", {n: Config.model_fields[n].default for n in top})]
    for name, field in Config.model_fields.items():
        if _is_section(field.annotation):
            parts += _section(name, field.annotation, field.default)
    return "\n".join(parts)


def _section(name: str, model: Any, values: BaseModel) -> list[str]:
    fields = model.model_fields
    named = {n: get_args(f.annotation)[1] for n, f in fields.items() if get_origin(f.annotation) is dict}
    plain = {n: getattr(values, n) for n, f in fields.items() if not _is_section(f.annotation) and n not in named}
    parts = [f"\n## `[{name}]`\n", _described(model), _block(name, plain)]
    notes = [f"- `{n}`: {f.description}" for n, f in fields.items() if f.description]
    if notes:
        parts.append("\n".join(notes) + "\n")
    seen: set[type] = set()
    for inner, field in fields.items():
        if _is_section(field.annotation) and field.annotation not in seen:
            seen.add(field.annotation)
            parts += _section(f"{name}.{inner}", field.annotation, getattr(values, inner))
    for inner, kind in named.items():
        parts += [f"\n## `[{name}.{inner}.NAME]`\n"]
        inherits = issubclass(model, kind)
        parts += [f"Any of the keys of `[{name}]` that belong to one network.\n"] if inherits else [_described(kind)]
        parts += [] if inherits else [_block(f"{name}.{inner}.NAME", kind().model_dump())]
    return parts


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _described(model: type[BaseModel]) -> str:
    """A class docstring; its list of `name: meaning` lines as a list."""
    texts = [inspect.cleandoc(c.__doc__ or "").partition("\n\n") for c in model.__mro__ if c.__module__.startswith(FIRST_PARTY)]
    head, rest = texts[0][0], "\n".join(text[2] for text in reversed(texts))
    lines: list[str] = []
    for line in filter(str.strip, rest.splitlines()):
        if _names_options(line):
            lines.append(f"- {line.strip()}")
        else:
            lines.append(f"  {line.strip()}" if lines else line.strip())
    return f"{head}\n\n" + "\n".join(lines) + ("\n" if lines else "")


def _names_options(line: str) -> bool:
    names, colon, _ = line.partition(":")
    return bool(colon) and line[0] != " " and all(n.strip(" |").replace("_", "").isalnum() for n in names.split(","))


def _block(name: str, values: dict[str, Any]) -> str:
    head = f"[{name}]\n" if name else ""
    body = "".join(f"{n} = {_toml(v)}\n" if v is not None else f"# {n} (not set)\n" for n, v in values.items())
    return f"```toml\n{head}{body}```\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(v) for v in value)}]"
    return json.dumps(value) if isinstance(value, str) else repr(value)


if __name__ == "__main__":
    PATH.write_text(settings_markdown(), encoding="utf-8")
