"""Things that a configuration chooses by name: where each one is, and what to install where it cannot be imported.

A table stands in a module of its own, which no stage's fingerprint follows: whoever plans a unit names the chosen entry's module
as a root of its code (`pipeline.fingerprint`), so one entry more makes nothing stale.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from typing import Any

from smpl_assets.errors import InputError

# Every table: kind -> (its module, its name there).
TABLES: dict[str, tuple[str, str]] = {
    "bodies": ("smpl_assets.body.table", "BODIES"),
    "renderers": ("smpl_assets.render.table", "RENDERERS"),
    "poses": ("smpl_assets.poses.table", "POSE_FORMATS"),
    "readers": ("training.datasets.table", "READERS"),
    "systems": ("training.systems.table", "SYSTEMS"),
    "codecs": ("training.codecs.table", "CODECS"),
    "translators": ("style_transfer.table", "TRANSLATORS"),
    "trackers": ("training.tracking.table", "TRACKERS"),
    "engines": ("pipeline.engines", "ENGINES"),
}


@dataclass(frozen=True)
class Plugin:
    """One entry.

    module, attribute: what is loaded. install: what to do where the import fails. options: `module:Class` of its settings, a
    module without heavy imports; empty where it has none, or where the loaded thing names them itself (`options`).
    origin: the distribution that an entry of somebody else's package came with. distribution: the installed library whose version
    counts among what a result depends on, '' where it is none. preset: of a system, the settings that it was published with.
    """

    module: str
    attribute: str
    install: str = ""
    options: str = ""
    origin: str = "rarepose"
    distribution: str = ""
    preset: Mapping[str, Any] = field(default_factory=dict)


class Table(Mapping[str, Plugin]):
    """Our own entries, and behind them those that installed packages declare as entry points of `group`.

    setting: the option that chooses, as the user writes it (`body.name`); it opens every error. An empty group takes no others.
    """

    def __init__(self, setting: str, own: dict[str, Plugin], group: str = "") -> None:
        self.setting, self.own, self.group = setting, own, group

    @cached_property
    def others(self) -> dict[str, Plugin]:
        """Entries of other packages, by name; our own names cannot be taken. Looked up once, when first asked for."""
        found = metadata.entry_points(group=self.group) if self.group else ()
        return {
            p.name: Plugin(p.module, p.attr, origin=name, distribution=name)
            for p in sorted(found, key=lambda p: p.name)
            if p.name not in self.own
            for name in (p.dist.name if p.dist else "",)
        }

    def __getitem__(self, name: str) -> Plugin:
        return self.own[name] if name in self.own else self.others[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from self.others

    def __len__(self) -> int:
        return len(self.own) + len(self.others)

    def find(self, name: str) -> Plugin:
        """The entry of that name; InputError with the known names where there is none."""
        try:
            return self[name]
        except KeyError:
            raise InputError(f"{self.setting} = '{name}' is not known", f"use one of {', '.join(self)}") from None

    def load(self, name: str) -> Any:
        """What the entry names, imported; InputError that says what to install where that fails."""
        entry = self.find(name)
        return _attribute(entry.module, entry.attribute, f"{self.setting} = '{name}'", entry.install)

    def options(self, name: str) -> Any:
        """The settings class of an entry, None where it has none."""
        entry = self.find(name)
        if entry.options:
            module, _, attribute = entry.options.partition(":")
            return _attribute(module, attribute, f"{self.setting} = '{name}'", entry.install)
        return None if entry.origin == "rarepose" else getattr(self.load(name), "options", None)

    def installed(self) -> tuple[str, ...]:
        """The names of the entries that can be imported here."""
        return tuple(name for name in self if self.missing(name) == "")

    def missing(self, name: str) -> str:
        """Why an entry cannot be imported here; '' if it can."""
        try:
            self.load(name)
        except InputError as error:
            return error.what
        return ""


def known_name(table: Table) -> Any:
    """A pydantic validator: the name of an entry of the table."""

    def check(name: str) -> str:
        try:
            table.find(name)
        except InputError as error:
            raise ValueError(f"not known; {error.next_step}") from error
        return name

    return check


def table_of(kind: str) -> Table:
    """The table of a kind (`bodies`, `renderers`, ...)."""
    module, name = TABLES[kind]
    table: Table = getattr(importlib.import_module(module), name)
    return table


def _attribute(module: str, attribute: str, what: str, install: str) -> Any:
    try:
        return getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        raise InputError(f"{what} cannot be imported here ({error})", install) from error
    except AttributeError as error:
        raise InputError(f"{what}: {module} has no '{attribute}'", "correct that package's entry point") from error
