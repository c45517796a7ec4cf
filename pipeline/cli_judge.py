"""The commands that take files instead of a configuration: judge, rank, stats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

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


def rank(
    results: Annotated[
        Path,
        typer.Argument(
            help="Results on images without labels: COCO results JSON, a folder of YOLO's text files.", show_default=False
        ),
    ],
    against: Annotated[Path, typer.Option(help="The labelled set; rarity is measured against its poses.", show_default=False)],
    images: Annotated[
        Path | None, typer.Option(help="Folder of the images: names, sizes, repeated scenes.", show_default=False)
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="JSON with COCO's list `images`: file names of ids.", show_default=False)
    ] = None,
    by: Annotated[Literal["both", "rarity", "confidence"], typer.Option(help="What ranks the images.")] = "both",
    least: Annotated[float, typer.Option("--least-score", help="Joints of a lower score are left out.")] = 0.0,
    top: Annotated[int, typer.Option(min=1, help="Images in images.txt and in the tool's file.")] = 500,
    tool: Annotated[
        Literal["cvat", "labelstudio"] | None, typer.Option(help="Also write what this tool imports.", show_default=False)
    ] = None,
    form: FormOption = None,
    seed: SeedOption = 0,
    out: Annotated[Path, typer.Option(help="Folder of rank.csv, images.txt and the tool's file.")] = Path("rank"),
    as_json: JsonOption = False,
) -> None:
    """Rank images without labels by how rare the predicted poses are and how unsure the model is of them."""
    from pipeline.judge.rank_command import rank as rank_images

    text, values = rank_images(results, against, form, images, names, by, least, top, tool, seed, out)
    typer.echo(json.dumps(values) if as_json else text)


COMMANDS = (judge, rank, stats)
