"""Starting a run: engine, Luigi, and what is said when it ends. Imported only where something is to be made."""

from __future__ import annotations

import typer

from pipeline.cli_options import Opened
from pipeline.console import Console
from pipeline.engine import Engine
from pipeline.engines import ENGINES
from pipeline.luigi_run import run
from pipeline.refusals import check_run
from pipeline.runner import Runner
from pipeline.upkeep import link_report
from smpl_assets.errors import InputError
from smpl_assets.shared_memory import no_sharing


def start(
    here: Opened,
    names: list[str],
    keep_going: bool,
    workers: int | None,
    engine: str,
    address: str,
    scheduler: str,
    logs: tuple[str, ...] = (),
) -> tuple[int, dict]:
    """Run the named stages; (exit code, what `run --json` prints)."""
    check_run(here.plan, {s.name for s in here.plan.shape.upstream(names)}, logs)
    console = Console()
    if workers != 1 and (why := no_sharing()):
        console.say(f"{why}: one unit after another, in this process")
        workers = 1
    made_by = open_engine(engine, workers, address)
    here.plan.digests.save()  # workers look into it
    runner = Runner(here.plan, made_by, console, names, keep_going, logs)
    try:
        with console.live():
            try:
                code = run(runner, scheduler)
            finally:
                made_by.close()
    finally:
        here.plan.digests.save()
    summary = runner.summary()
    units = sum(summary["ran"].values())
    console.say(
        f"{units} units made, {len(summary['fresh'])} stages fresh, {len(summary['failed'])} failed, {summary['seconds']:.0f} s"
    )
    for stage, count in runner.more.items():
        console.say(f"{stage}: {count} more units failed")
    _say_report(runner)
    return code, summary


def open_engine(name: str, workers: int | None, address: str) -> Engine:
    """The engine of that name; InputError saying what to install if it is not there."""
    factory = ENGINES.load(name)
    if name == "ray":
        return factory(address, workers)
    if address:
        raise InputError("--address is for --engine ray", "add --engine ray")
    return factory(workers)


def _say_report(runner: Runner) -> None:
    folder = link_report(runner.plan)
    if folder is None or "report" not in runner.ran:
        return
    if (folder / "table.txt").is_file():
        typer.echo((folder / "table.txt").read_text(encoding="utf-8"))
    runner.console.say(f"report: {runner.plan.store.root / 'report.html'}")
