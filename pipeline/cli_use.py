"""The command that uses what was trained: predict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli_options import DEFAULT_STORE as STORE
from pipeline.cli_options import ConfigOption, JsonOption, SetOption, StoreOption

NetworkOption = Annotated[
    str,
    typer.Option(
        "--network", "-n", show_default=False,
        help="A network.safetensors or its folder, an .onnx of `rarepose export onnx`, a row of a finished run (`drp`; with "
        "--config and --store), or one that is shipped (simple_tiny, simple_small).",
    ),
]  # fmt: skip
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda or cuda:N (default: a GPU where there is one).", show_default=False)]


def predict(
    pictures: Annotated[list[Path], typer.Argument(help="Images, folders of them, videos.", show_default=False)],
    network: NetworkOption,
    boxes: Annotated[
        Path | None, typer.Option(help="Person boxes: COCO annotations, or a list of detections.", show_default=False)
    ] = None,
    detector: Annotated[
        Path | None, typer.Option(help="Weights of one of torchvision's detectors, which finds the people.", show_default=False)
    ] = None,
    detector_network: Annotated[
        str, typer.Option(help="Its name (default: what the file's name begins with).", show_default=False)
    ] = "",
    detector_score: Annotated[float, typer.Option(min=0, max=1, help="Boxes with a lower score are left out.")] = 0.5,
    overlays: Annotated[bool, typer.Option("--overlays/--no-overlays", help="Draw the poses over the pictures.")] = True,
    joint_score: Annotated[float, typer.Option(help="Joints with a lower score are not drawn (they are in the results).")] = 0.2,
    decode: Annotated[Literal["dark", "quarter", "argmax"], typer.Option(help="How maps become points.")] = "dark",
    flip_test: Annotated[bool, typer.Option("--flip-test/--no-flip-test", help="Average with the mirror image.")] = True,
    batch_size: Annotated[int, typer.Option(min=1, help="People at once.")] = 32,
    device: DeviceOption = "",
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
    out: Annotated[Path, typer.Option(help="A new folder.")] = Path("predictions"),
    as_json: JsonOption = False,
) -> None:
    """Find the poses of people on images and videos: COCO results and pictures of them.

    Without --boxes and --detector, the one person of each picture fills it.
    """
    from pipeline.predict_command import People, Places, Taste, find

    people = People(boxes, detector, detector_network, detector_score)
    taste = Taste(overlays, joint_score, decode, flip_test, batch_size, device)
    summary, said = find(pictures, network, people, taste, Places(config, changes, store, out))
    typer.echo(json.dumps(summary) if as_json else said)


COMMANDS = (predict,)
