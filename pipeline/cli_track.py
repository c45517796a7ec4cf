"""The commands about people in sequences: track-evaluate."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli_options import JsonOption


def track_evaluate(
    ground_truth: Annotated[
        Path, typer.Argument(help="PoseTrack JSON (2017, 2018, 2021), or a folder of them.", show_default=False)
    ],
    predictions: Annotated[Path, typer.Argument(help="The same of a tracker, files of the same names.", show_default=False)],
    honest: Annotated[
        bool, typer.Option("--honest", help="All labelled frames, everybody who was missed, instead of poseval's rules.")
    ] = False,
    similarity: Annotated[
        Literal["joints", "oks"], typer.Option(help="Of whole people: share of joints within half a head, or OKS.")
    ] = "joints",
    samples: Annotated[int, typer.Option(min=0, help="Resamples of the sequences for intervals; 0: none.")] = 1000,
    as_json: JsonOption = False,
) -> None:
    """Say how well people were tracked: mAP, MOTA, MOTP, precision, recall by joint, HOTA, IDF1, switches."""
    from pipeline.track_evaluate_command import evaluate_files, show

    found = evaluate_files(ground_truth, predictions, similarity)
    if as_json:
        typer.echo(json.dumps(found.to_json(honest, samples if len(found.counts) > 1 else 0)))
        return
    from rich.console import Console

    show(found, honest, samples, Console(highlight=False, soft_wrap=not sys.stdout.isatty()))


COMMANDS = (track_evaluate,)
