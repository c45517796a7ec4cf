"""The commands that look after the store: verify, gc, evict, accept."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline import upkeep
from pipeline.cli_options import DEFAULT_STORE as STORE
from pipeline.cli_options import ConfigOption, SetOption, StageArgument, StoreOption, YesOption, opened


def verify(
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also every older artifact in the store, not this configuration's alone.")
    ] = False,
) -> None:
    """Hash every file of the finished units again; exit 1 if one is not what its stage wrote (the next run makes it again)."""
    here = opened(config, store, changes, deep=True)
    checked, problems = upkeep.verify(here.plan, everything=deep)
    for stage, key, problem in problems:
        typer.echo(f"{stage}/{key}: {problem}")
    typer.echo(f"{checked} units checked, {len(problems)} damaged")
    raise typer.Exit(1 if problems else 0)


def gc(config: ConfigOption = None, changes: SetOption = None, store: StoreOption = STORE, yes: YesOption = False) -> None:
    """Remove artifacts that this configuration does not use, and what interrupted runs left."""
    here = opened(config, store, changes)
    found = upkeep.unused(here.plan)
    _list(found, "remove", yes)
    if yes:
        upkeep.remove(here.plan.store, found)


def evict(
    stage: StageArgument,
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
    yes: YesOption = False,
) -> None:
    """Drop a stage's bytes and keep its manifest: nothing becomes stale, and it is made again only when something reads it."""
    here = opened(config, store, changes)
    here.check([stage])
    found = upkeep.evictable(here.plan, stage)
    _list(found, "evict", yes)
    if yes:
        upkeep.evict(here.plan.store, stage, [p.name for p, _ in found])


def accept(stage: StageArgument, config: ConfigOption = None, changes: SetOption = None, store: StoreOption = STORE) -> None:
    """Record that a stage's changed code gives the same results: what the older code made counts as fresh."""
    here = opened(config, store, changes)
    here.check([stage])
    taken = here.plan.accept(stage)
    if taken:
        typer.echo(f"{stage}: accepted the present code for {len(taken)} units")
    else:
        state = here.plan.state(stage)
        why = f"{state.behind[0]} comes first" if state.behind else "no finished unit differs in code alone"
        typer.echo(f"{stage}: nothing to accept: {why} ({state.state})")
    here.plan.digests.save()


def _list(found: list[tuple[upkeep.Path, int]], verb: str, yes: bool) -> None:
    for path, size in found:
        typer.echo(f"{path}  {size:,} bytes")
    total = sum(size for _, size in found)
    done = f"{verb}d" if verb.endswith("e") else f"{verb}ed"
    typer.echo(f"{len(found)} artifacts, {total:,} bytes " + (done if yes else f"would be {done} (--yes does it)"))


COMMANDS = (verify, gc, evict, accept)
