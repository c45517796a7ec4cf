"""The commands about people in sequences: track, track-evaluate."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli_options import JsonOption
from smpl_assets.errors import InputError


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
    from pipeline.track_evaluate_command import beside, evaluate_files, labels_of, show

    found = evaluate_files(ground_truth, predictions, similarity)
    labels = labels_of(ground_truth)
    if as_json:
        figures = found.to_json(honest, samples if len(found.counts) > 1 else 0)
        typer.echo(json.dumps(figures | {"beside": beside(found, honest), "labels": labels}))
        return
    from rich.console import Console

    show(found, honest, samples, labels, Console(highlight=False, soft_wrap=not sys.stdout.isatty()))


def track(
    source: Annotated[str, typer.Argument(help="A video, a folder of frames, or a quoted pattern.", show_default=False)],
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="network.safetensors of track_train's unit tml (default: the shipped one).", show_default=False),
    ] = None,
    tracker: Annotated[str, typer.Option(help="Which tracker gives the ids (docs/tracking_evaluation.md).")] = "tml",
    network: Annotated[
        Path | None,
        typer.Option(help="What --tracker combined, appearance, lighttrack learnt: a network.safetensors.", show_default=False),
    ] = None,
    online: Annotated[bool, typer.Option("--online", help="Without looking a frame ahead, so without filled frames.")] = False,
    motion: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            show_default=False,
            help="How much of people's last movement is expected to go on; 0: they are looked for where they were (default: .8).",
        ),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Look at every so manieth frame.")] = 1,
    start: Annotated[float, typer.Option(min=0, help="Seconds from which on.")] = 0.0,
    end: Annotated[float | None, typer.Option(min=0, help="Seconds until which.", show_default=False)] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Frames a second, of folders and patterns.")] = 25.0,
    height: Annotated[
        int | None,
        typer.Option(min=64, help="Px that frames are scaled to (default: what the network learnt from).", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for NAME.json, .csv, .html and .mp4.")] = Path("tracks"),
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N; auto takes a GPU where there is one.")] = "auto",
    no_video: Annotated[bool, typer.Option("--no-video", help="Write no video.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Give everybody in a video a pose and an id that stays: PoseTrack JSON, CSV, a page, and a video with people drawn."""
    from rich.console import Console

    from pipeline.track_command import Part, find_checkpoint, options_of
    from pipeline.track_command import track as follow
    from pipeline.track_progress import TrackProgress
    from training.tracking.live import LiveTracker

    if end is not None and end <= start:
        raise InputError(f"--end {end:g} is not after --start {start:g}", "give seconds, the later ones as --end")
    where, file = _device(device), find_checkpoint(checkpoint)
    live = LiveTracker.load(file, tracker, options_of(tracker, online, motion), where, height=height, network=network)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    result, footage = follow(source, live, Part(every, start, end), out, rate, not no_video, TrackProgress(console))
    told = result.to_json(footage) | {"checkpoint": str(file)}
    for what, count in told["noted"].items():
        console.print(f"noted: {count} x {what}", markup=False)
    if as_json:
        typer.echo(json.dumps(told))
    else:
        speed = f"{told['frames']} frames at {told['frames_per_second']:.1f}/s, read by {footage.by}"
        typer.echo(f"{speed}; {told['tracks']} tracks, at most {told['most_people']} people in a frame")
        typer.echo(f"network: {'the one that ships' if checkpoint is None else file} ({result.network})")
        typer.echo("  ".join(told["files"].values()) + (f"  ({result.written_by})" if result.written_by else ""))
    if result.interrupted:
        raise typer.Exit(130)


def _device(name: str) -> str:
    """`auto` as what is there; InputError where a GPU is asked for that is not."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(f"--device {name}: no GPU can be used here", "leave it out, or --device cpu")
    if name != "cpu" and not name.startswith("cuda"):
        raise InputError(f"--device {name}: not known", "cpu, cuda or cuda:N")
    return name


COMMANDS = (track, track_evaluate)
