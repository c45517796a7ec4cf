"""The configuration: TOML, validated; unknown keys are refused with the nearest known one."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError, model_validator

from pipeline.report.settings import ReportSettings
from pipeline.toml_file import check_escapes, read_toml
from smpl_assets.body.settings import BodySettings
from smpl_assets.errors import InputError
from smpl_assets.inverse.settings import FitSettings, InverseSettings
from smpl_assets.render.settings import RenderSettings
from smpl_assets.settings import Settings
from style_transfer.settings import TranslatorSettings
from training.augmented.settings import AugmentSettings
from training.cross_fit.settings import ChoiceSettings
from training.datasets.settings import DataSettings
from training.evaluate_settings import EvaluateSettings
from training.runs import evaluated_rows, kinds_asked_for
from training.start.settings import StartSettings
from training.tracking.settings import TrackSettings
from training.train_settings import TrainSettings


class DataSection(Settings):
    """`[data]`: where the data set lies; `annotations` and `images` of the two splits are relative to `root`."""

    root: str = ""
    train: DataSettings = DataSettings()
    validation: DataSettings = DataSettings()


class Config(Settings):
    """Everything that a run's results depend on; how it is run (workers, device, engine) is not in it."""

    name: str = "rarepose"
    seed: int = 0
    data: DataSection = DataSection()
    rare_poses: ChoiceSettings = ChoiceSettings()
    body: BodySettings = BodySettings()
    inverse: InverseSettings = InverseSettings()
    fit: FitSettings = FitSettings()
    render: RenderSettings = RenderSettings()
    translator: TranslatorSettings = TranslatorSettings()
    augment: AugmentSettings = AugmentSettings()
    start: StartSettings = StartSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    track: TrackSettings = TrackSettings()
    report: ReportSettings = ReportSettings()

    @model_validator(mode="after")
    def _rows(self) -> Config:
        try:
            evaluated_rows(self.train, self.evaluate)
            if "fill" in kinds_asked_for(self.train) and not self.render.fill:
                raise InputError("train.variants: fill trains on poses that fill the gap, and render.fill = 0", "set render.fill")
        except InputError as error:
            raise ValueError(f"{error.what}; {error.next_step}" if error.next_step else error.what) from error
        return self

    def located(self, path: str) -> Path:
        """A path of the data section, relative to `data.root`."""
        return Path(self.data.root, path).expanduser()


def load_config(path: Path | None, changes: Iterable[str] = ()) -> Config:
    """Read a TOML file, apply `a.b=c` changes, validate; InputError names the file, the key and the rule."""
    values: dict[str, Any] = read_toml(path) if path is not None else {}
    for change in changes:
        _set(values, change)
    _short_body(values)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise InputError(
            "\n".join([f"{path or 'configuration'}:", *(f"  {_line(e)}" for e in error.errors())]), "docs/configuration.md"
        ) from error


def _set(values: dict, change: str) -> None:
    """Apply one `a.b=c`; c is read as a TOML value and, where it is none, as a string."""
    name, equals, text = change.partition("=")
    if not equals or not name.strip():
        raise InputError(f"--set {change:.120}: not of the form section.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except ValueError:  # no TOML, or a number of thousands of digits
        value = text
    check_escapes({name.strip(): value}, f"--set {change:.120}")
    *sections, last = name.strip().split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise InputError(f"--set {change:.120}: {section} is a value, not a section")
        values = inner
    values[last] = value


def _short_body(values: dict) -> None:
    """`render.body = "smpl"` is short for `[body] name = "smpl"`."""
    render = values.get("render")
    if isinstance(render, dict) and "body" in render:
        name = render.pop("body")
        body = values.setdefault("body", {})
        if isinstance(body, dict) and body.setdefault("name", name) != name:
            raise InputError(f"render.body = {name!r} and body.name = {body['name']!r} differ", "keep one of them")


def _line(error: Any) -> str:
    where = [str(x) for x in error["loc"]]
    name = ".".join(where)
    if error["type"] == "extra_forbidden":
        known = _known_keys(where[:-1])
        near = difflib.get_close_matches(where[-1], known, 1, 0.4)
        return f"{name}: unknown key; " + (
            f"nearest known: {'.'.join([*where[:-1], near[0]])}" if near else f"known: {', '.join(known)}"
        )
    given = error.get("input")
    value = "" if isinstance(given, dict) else f" (value {given!r:.80})"  # of a whole section none can be shown
    return f"{name}: {error['msg'].removeprefix('Value error, ')}{value}"


def _known_keys(sections: list[str]) -> list[str]:
    """Keys of a section; of a named one (`train.networks.NAME`) those of its kind."""
    kind: Any = Config
    for section in sections:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            field = kind.model_fields.get(section) if _is_model(kind) else None
            kind = field.annotation if field else None
    return list(kind.model_fields) if _is_model(kind) else []


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
