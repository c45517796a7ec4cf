"""The options that every command takes, and what they open."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pipeline.config import Config, load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store
from smpl_assets.errors import InputError

DEFAULT_CONFIG = Path("rarepose.toml")
DEFAULT_STORE = Path("store")

ConfigOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML configuration (default: ./rarepose.toml).", show_default=False)
]
StoreOption = Annotated[Path, typer.Option("--store", "-s", help="Folder that holds what the stages made.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change one value: section.key=value (repeatable).", show_default=False)
]
StagesArgument = Annotated[
    list[str] | None, typer.Argument(help="Stages to make, with all they need (default: all).", show_default=False)
]
StageArgument = Annotated[str, typer.Argument(help="A stage.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="End with one line of JSON on stdout.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it; without this, only say what would be done.")]


@dataclass(frozen=True)
class Opened:
    """A configuration and its plan."""

    config: Config
    plan: Plan

    def asked(self) -> list[str]:
        """The stages that this configuration asks for: the last one, and what it needs."""
        return [s.name for s in self.plan.shape.upstream([STAGES[-1].name])]

    def check(self, names: list[str]) -> list[str]:
        """The names, if they are stages; InputError naming the known ones otherwise."""
        known = [s.name for s in STAGES]
        for name in names:
            if name not in known:
                raise InputError(f"'{name}' is no stage", f"stages: {', '.join(known)}")
        return names


def opened(config: Path | None, store: Path, changes: list[str] | None, deep: bool = False) -> Opened:
    """Read the configuration and open the store."""
    if config is None:
        if not DEFAULT_CONFIG.is_file():
            raise InputError("no configuration: ./rarepose.toml is not there", "name one: --config configs/demo.toml")
        config = DEFAULT_CONFIG
    settings = load_config(config, changes or ())
    in_the_way = next((p for p in (store, *store.parents) if os.path.lexists(p) and not p.is_dir()), None)
    if in_the_way is not None:
        raise InputError(f"--store {store}: {in_the_way} is no folder", "name another folder")
    return Opened(settings, Plan(settings, Store(store), STAGES, FileDigests(store), deep=deep))
