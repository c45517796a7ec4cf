"""The commands of `rarepose` that run the DAG and say how it stands."""

from __future__ import annotations

import json
import time
from importlib.metadata import version as package_version
from typing import Annotated, Literal

import typer

from pipeline import cli_judge, cli_store, cli_tools, cli_track, cli_use
from pipeline.cli_options import DEFAULT_STORE as STORE
from pipeline.cli_options import ConfigOption, JsonOption, Opened, SetOption, StageArgument, StagesArgument, StoreOption, opened
from pipeline.stages import STAGES
from pipeline.states import StageState
from pipeline.training_logs import chosen_logs
from pipeline.upkeep import link_report
from smpl_assets.errors import InputError


def _version(asked: bool) -> bool:
    """Say it and stop, where it is asked for."""
    if asked:
        typer.echo(f"rarepose {package_version('rarepose')}")
        raise typer.Exit()
    return asked


app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ForceOption = Annotated[
    list[str] | None, typer.Option("--force", help="Make this stage again even if it is fresh (repeatable).", show_default=False)
]

LogOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Logs of trainings, in STORE/logs: csv, tensorboard, wandb, mlflow, or none (repeatable; default: the first two).",
        show_default=False,
    ),
]


@app.callback()
def rarepose(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is, and stop.")
    ] = False,
) -> None:
    """Finds the rare poses of a 2D pose data set, makes labelled realistic images of them, trains pose networks on them."""


@app.command()
def run(
    stages: StagesArgument = None,
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
    force: ForceOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be made, and why; make nothing.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", "-k", help="After a failed unit, make the others that can be made.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option("-j", "--workers", min=1, help="Units at once (default: one per core, on GPUs as many as fit).")
    ] = None,
    engine: Annotated[Literal["local", "ray"], typer.Option(help="Who makes the shards.")] = "local",
    address: Annotated[str, typer.Option(help="Address of the Ray cluster (default: a local one).", show_default=False)] = "",
    scheduler: Annotated[str, typer.Option(help="HOST:PORT of a luigid that watches (none is needed).", show_default=False)] = "",
    log: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make every stage that is not fresh, and nothing else."""
    began = time.monotonic()
    here = opened(config, store, changes)
    names = here.check(list(stages or [STAGES[-1].name]))
    involved, logs = [s.name for s in here.plan.shape.upstream(names)], chosen_logs(log)
    for name in here.check(list(force or [])):
        if name not in involved:
            raise InputError(f"--force {name}: not a stage of this run", f"name it: rarepose run {name} --force {name}")
        here.plan.forced.add(name)
    if all(here.plan.done(n) for n in names):
        code, seconds = 0, round(time.monotonic() - began, 3)
        summary = {"ran": {}, "fresh": involved, "failed": [], "seconds": seconds}
        link_report(here.plan)
        if not as_json:
            typer.echo(f"nothing stale: {len(involved)} stages fresh in {store}", err=True)
            _say_evicted(here, names)
    elif dry_run:
        from pipeline.refusals import check_run

        code, summary = 0, {"plan": [_row(here, here.plan.state(n)) for n in involved]}
        check_run(here.plan, involved, logs)
        if not as_json:
            _say_plan(here, involved)
    else:
        from pipeline.start import start

        code, summary = start(here, names, keep_going, workers, engine, address, scheduler, logs)
    here.plan.digests.save()
    if as_json:
        typer.echo(json.dumps(summary))
    raise typer.Exit(code)


@app.command()
def status(
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if any stage is not fresh.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say of each stage whether it is fresh, stale, missing or corrupt, and why."""
    here = opened(config, store, changes)
    states = [here.plan.state(n) for n in here.asked()]
    here.plan.digests.save()
    if as_json:
        typer.echo(json.dumps({"stages": [_row(here, s) for s in states]}))
    else:
        _print_states(states)
    raise typer.Exit(1 if check and not all(s.done for s in states) else 0)


@app.command()
def why(stage: StageArgument, config: ConfigOption = None, changes: SetOption = None, store: StoreOption = STORE) -> None:
    """Say which parts of a stage's keys differ from what is in the store."""
    here = opened(config, store, changes)
    here.check([stage])
    state = here.plan.state(stage)
    typer.echo(f"{stage}: {state.state}" + (f" ({state.reason})" if state.behind else ""))
    for unit in state.units:
        if unit.reason:
            typer.echo(f"  {stage}/{unit.unit.name}: {unit.reason}")
    for name in state.behind:
        typer.echo(f"  {name}: {here.plan.state(name).state} {here.plan.state(name).reason}")


@app.command()
def dag(
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
    form: Annotated[Literal["text", "dot", "mermaid"], typer.Option("--format", help="How to write it.")] = "text",
) -> None:
    """Write the stages and what they read."""
    here = opened(config, store, changes)
    names = here.asked()
    edges = [(before, name) for name in names for before in here.plan.shape.after(name)]
    if form == "dot":
        typer.echo("digraph rarepose {\n  rankdir=LR;\n" + "".join(f'  "{a}" -> "{b}";\n' for a, b in edges) + "}")
    elif form == "mermaid":
        typer.echo("flowchart LR\n" + "\n".join(f"  {a} --> {b}" for a, b in edges))
    else:
        for name in names:
            after = here.plan.shape.after(name)
            typer.echo(f"{name:12} {here.plan.state(name).state:8} {'<- ' + ', '.join(after) if after else ''}".rstrip())


def _say_evicted(here: Opened, names: list[str]) -> None:
    for name in names:
        if lost := sum(unit.state == "evicted" for unit in here.plan.state(name).units):
            again = f"rarepose run {name} --force {name} makes them again"
            typer.echo(f"  {name}: the bytes of {lost} units were dropped (evict); {again}", err=True)


def _say_plan(here: Opened, names: list[str]) -> None:
    for name in names:
        state = here.plan.state(name)
        ready = sum(u.ready for u in state.units)
        if ready:
            typer.echo(f"{name:12} will run  {ready} of {len(state.units)} units: {state.reason}")
        else:
            typer.echo(f"{name:12} fresh" if state.done else f"{name:12} may run   {state.reason}")


def _row(here: Opened, state: StageState) -> dict:
    folder = here.plan.store.root / state.stage.name
    path = str(folder / state.key if len(state.units) == 1 else folder)
    units = {"done": sum(u.done for u in state.units), "total": len(state.units)}
    row = {"stage": state.stage.name, "state": "fresh" if state.done else state.state, "reason": state.reason}
    return row | {"key": state.key, "path": path, "units": units}


def _print_states(states: list[StageState]) -> None:
    from rich.text import Text

    from pipeline.grid import show_grid

    colours = {"fresh": "green", "evicted": "green", "stale": "yellow", "missing": "dim", "corrupt": "red"}
    rows = []
    for s in states:
        done = f"{sum(u.done for u in s.units)}/{len(s.units)}" if s.units else ""
        rows.append((s.stage.name, Text(s.state, colours[s.state]), done, s.reason))
    show_grid(rows, ("stage", "state", "units", "why"))


for command in (*cli_store.COMMANDS, *cli_tools.COMMANDS, *cli_judge.COMMANDS, *cli_use.COMMANDS, *cli_track.COMMANDS):
    app.command()(command)
