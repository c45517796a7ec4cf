"""The commands beside the DAG: doctor, rare, annotators, preview, export, plugins, systems."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.cli_options import DEFAULT_STORE as STORE
from pipeline.cli_options import ConfigOption, JsonOption, SetOption, StoreOption, opened
from pipeline.out_folder import writable_file, writable_folder
from smpl_assets.errors import InputError
from smpl_assets.plugins import TABLES, Table, table_of
from training.export.formats import FORMATS as AUGMENTED


def doctor(config: ConfigOption = None, changes: SetOption = None, store: StoreOption = STORE) -> None:
    """Say what this machine has (GPU, renderers, SMPL files, data sets, disk) and what is missing, and what it would bring."""
    from pipeline.config import load_config
    from pipeline.doctor import examine, show

    settings = load_config(config, changes or ()) if config is not None or changes else None
    raise typer.Exit(show(examine(settings, store)))


def rare(
    annotations: Annotated[Path, typer.Argument(help="Annotation file (or PoseTrack's folder of them).", show_default=False)],
    form: Annotated[str | None, typer.Option("--format", help="A reader (`rarepose plugins`). Left out: recognised.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the images, for the gallery.", show_default=False)] = None,
    clusters: Annotated[int | None, typer.Option(min=1, help="K of K-means (default 7).", show_default=False)] = None,
    threshold: Annotated[float | None, typer.Option(help="Rare from this score on.", show_default=False)] = None,
    rare_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of the people that is rare.", show_default=False)
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="Which score ranks the people: default or thesis.", show_default=False)
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Another set: which of ITS poses does this one lack? (--images: the folder of that set)", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the clustering.")] = 0,
    out: Annotated[Path, typer.Option(help="Where the list, figures and report go.")] = Path("rare_poses"),
) -> None:
    """Find the rare poses of an annotation file: rare_poses.csv, figures and a small report, without any configuration."""
    from pipeline.rare_command import find, lacking

    given = {"clusters": clusters, "threshold": threshold, "rare_share": rare_share, "policy": policy}
    folder = writable_folder(out)
    if against is not None:
        typer.echo(lacking(annotations, against, form, images, given, seed, folder))
    else:
        typer.echo(find(annotations, form, images, given, seed, folder))


def annotators(
    annotations: Annotated[
        Path | None,
        typer.Argument(
            help="Annotation file (or PoseTrack's folder of them); left out: --config's training set.", show_default=False
        ),
    ] = None,
    form: Annotated[str | None, typer.Option("--format", help="A reader (`rarepose plugins`). Left out: recognised.")] = None,
    config: ConfigOption = None,
    changes: SetOption = None,
) -> None:
    """Say where a set's annotators put hips, shoulders, neck and head's top beside the body's: the lines of [body.keypoints].

    Measured on people who stand upright before the camera; the configuration says which body (Anny where it is left out).
    """
    from pipeline.annotators_command import people_of, show_annotators
    from pipeline.config import load_config
    from smpl_assets.body.settings import BodySettings

    settings = load_config(config, changes or ()) if config is not None or changes else None
    people = people_of(annotations, form, settings)
    typer.echo(show_annotators(people, settings.body if settings else BodySettings()))


def preview(
    count: Annotated[int, typer.Argument(min=1, max=64, help="How many people.")] = 6,
    repetitions: Annotated[int, typer.Option(min=1, max=64, help="Images of each, side by side, to see what varies.")] = 1,
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
    out: Annotated[Path, typer.Option(help="The picture to write.")] = Path("preview.jpg"),
) -> None:
    """Take a few rare people through fit, render and, if trained, translation, in seconds, as one picture."""
    from pipeline.preview import preview as make

    typer.echo(make(opened(config, store, changes), count, repetitions, writable_file(out)))


def export(
    what: Annotated[
        Literal["augmented", "fits", "onnx"],
        typer.Argument(help="The augmented set, the fitted meshes, or a trained network.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="A new folder.")] = Path("export"),
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help=f"augmented: {', '.join(AUGMENTED)}. fits: glb, obj. onnx: plain, rtmlib.", show_default=False
        ),
    ] = None,
    network: Annotated[str, typer.Option("--network", "-n", help="onnx: as of `rarepose predict`.", show_default=False)] = "",
    config: ConfigOption = None,
    changes: SetOption = None,
    store: StoreOption = STORE,
) -> None:
    """Write what a finished run holds in its archives as ordinary files, or a trained network as ONNX.

    The first format that is named here is taken where --format is left out.
    """
    from pipeline import export as export_to

    if any(writable_folder(out).iterdir()):
        raise InputError(f"--out {out}: the folder is not empty", "name a new one")
    chosen = _format_of(what, form)
    if what == "onnx":
        typer.echo(export_to.onnx(network, config, changes, store, out, chosen))
        return
    here = opened(config, store, changes)
    typer.echo(export_to.augmented(here, out, chosen) if what == "augmented" else export_to.fits(here, out, chosen))


FORMATS = {"augmented": AUGMENTED, "fits": ("glb", "obj"), "onnx": ("plain", "rtmlib")}


def _format_of(what: str, form: str | None) -> str:
    """The format to write; InputError naming those of this export where it is none of them."""
    if form is not None and form not in FORMATS[what]:
        raise InputError(f"--format {form}: not of export {what}", f"one of {', '.join(FORMATS[what])}")
    return form or FORMATS[what][0]


def plugins(as_json: JsonOption = False) -> None:
    """List bodies, renderers, readers, systems ...: name, package, and what to install where it cannot be imported here."""
    rows = [_row(kind, table, name) for kind in TABLES for table in (table_of(kind),) for name in table]
    if as_json:
        typer.echo(json.dumps({"plugins": rows}))
        return
    from pipeline.grid import show_grid

    cells = [(row["setting"], row["name"], row["from"], row["problem"] or "yes") for row in rows]
    show_grid(cells, ("chosen by", "name", "from", "here"))


def _row(kind: str, table: Table, name: str) -> dict[str, str]:
    entry = table[name]
    row = {"kind": kind, "setting": table.setting, "name": name, "from": entry.origin}
    row["module"], row["problem"] = f"{entry.module}:{entry.attribute}", _problem(table, name)
    return row | {"install": entry.install}


def _problem(table: Table, name: str) -> str:
    """Why an entry cannot be used here, and what to install; '' if it can. Somebody else's module may raise anything."""
    try:
        why = table.missing(name)
    except Exception as error:
        why = f"cannot be imported here ({type(error).__name__}: {error})"
    return f"{why}; {table[name].install}" if why and table[name].install else why


def systems(
    skeleton: Annotated[str, typer.Option(help="Count the parameters for this skeleton.")] = "coco17", as_json: JsonOption = False
) -> None:
    """List the pose systems: parameters, what each reads, where it comes from, what to bring, its published settings."""
    from pipeline.systems_command import show_systems

    show_systems(skeleton, as_json)


COMMANDS = (doctor, rare, annotators, preview, export, plugins, systems)
