"""The commands that take files instead of a configuration: judge, stats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import JsonOption

FormOption = Annotated[str | None, typer.Option("--format", help="Reader of the annotations. Left out: recognised.")]
ShareOption = Annotated[float | None, typer.Option(help="Share of the people that is rare (default 0.03).", show_default=False)]
SeedOption = Annotated[int, typer.Option(help="Seed of clustering and resampling.")]


def judge(
    annotations: Annotated[Path, typer.Argument(help="Annotations of any known format.", show_default=False)],
    results: Annotated[
        list[Path],
        typer.Argument(
            help="Results of one model or of two to compare: COCO results JSON, a folder of YOLO's text files, predictions.npz.",
            show_default=False,
        ),
    ],
    images: Annotated[Path | None, typer.Option(help="Folder of the images, for the gallery.", show_default=False)] = None,
    train: Annotated[
        Path | None,
        typer.Option(help="Training annotations: rarity is measured against them, else within ANNOTATIONS.", show_default=False),
    ] = None,
    form: FormOption = None,
    rare_share: ShareOption = None,
    resamples: Annotated[int, typer.Option(min=0, help="Bootstrap resamples for the intervals.")] = 1000,
    seed: SeedOption = 0,
    out: Annotated[Path, typer.Option(help="Folder of judge.html, judge.json and failures.csv.")] = Path("judge"),
    as_json: JsonOption = False,
) -> None:
    """Say which failures of a model are rare poses: accuracy by rarity, reason, cluster and joint, and the rarest failures."""
    from pipeline.judge.command import judge_results
    from smpl_assets.errors import InputError
    from training.evaluate_settings import EvaluateSettings

    if len(results) > 2:
        raise InputError(f"{len(results)} files of results: one, or two to compare", "compare them in pairs")
    settings = EvaluateSettings(bootstrap=resamples)
    text, verdict = judge_results(annotations, results, form, train, images, rare_share, settings, seed, out)
    typer.echo(json.dumps(verdict) if as_json else text)


def stats(
    annotations: Annotated[Path, typer.Argument(help="Annotations of any known format.", show_default=False)],
    images: Annotated[Path | None, typer.Option(help="Folder of the images, for the gallery.", show_default=False)] = None,
    form: FormOption = None,
    out: Annotated[Path, typer.Option(help="Folder of stats.html, stats.json and mistakes.csv.")] = Path("stats"),
    as_json: JsonOption = False,
) -> None:
    """Say what a set of annotations holds: people, sizes, joints, orientation, truncation, and suspected labelling mistakes."""
    from pipeline.judge.look import look_through

    text, values = look_through(annotations, form, images, out)
    typer.echo(json.dumps(values) if as_json else text)


COMMANDS = (judge, stats)
