"""`rarepose annotators`: where the annotators of a file put joints, beside the body's."""

from __future__ import annotations

from pathlib import Path

from pipeline.config import Config
from pipeline.grid import show_grid
from pipeline.rare_command import read_file
from pipeline.tasks.shared import split_of
from smpl_assets.body.protocol import load_body
from smpl_assets.body.settings import BodySettings, KeypointShifts
from smpl_assets.errors import InputError
from smpl_assets.inverse.annotators import Shift, measure_annotators
from smpl_assets.pose_table import PoseTable
from training.datasets.stage import read_poses

# Why points stay where they are on the body, however far annotators are from them.
STAYS = {
    "shoulder_out": "no: it turns with the arm", "shoulder_up": "no: it turns with the arm",
    "head_top_up": "no: what lies above is hair",
}  # fmt: skip


def people_of(annotations: Path | None, form: str | None, config: Config | None) -> PoseTable:
    """The people of an annotation file, else of the configuration's training split."""
    if annotations is not None:
        return read_file(annotations, form, None)[0]
    if config is None:
        raise InputError("neither an annotation file nor a configuration is named", "rarepose annotators FILE, or --config FILE")
    data = split_of(config, "train")
    if data.made:
        raise InputError("data.train is made, not annotated by anybody", "name an annotation file")
    return read_poses(data)[0]


def show_annotators(people: PoseTable, body: BodySettings) -> str:
    """Print the shifts with their errors; the lines for the configuration."""
    shifts = measure_annotators(people, load_body(body.unmoved))
    rows = [(n, f"{s.percent:+.1f}", f"{s.error:.1f}", str(s.people), _advice(n, s)) for n, s in shifts.items()]
    show_grid(rows, ("point", "% of the torso", "standard error", "people", "to be moved"))
    return as_toml({n: s for n, s in shifts.items() if s.worth and n in KeypointShifts.model_fields})


def _advice(name: str, shift: Shift) -> str:
    if not shift.worth:
        return "no"
    return "yes" if name in KeypointShifts.model_fields else STAYS[name]


def as_toml(shifts: dict[str, Shift]) -> str:
    """What to write into the configuration."""
    if not shifts:
        return "nothing to configure: within 3 % of the torso, or within chance, the joints lie where the body has them"
    return "\n".join(["[body.keypoints]", *(f"{name} = {shift.percent:.1f}" for name, shift in shifts.items())])
