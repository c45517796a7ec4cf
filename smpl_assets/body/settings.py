"""The configuration's `[body]`."""

from typing import Annotated

from pydantic import AfterValidator

from smpl_assets.body.table import BODIES
from smpl_assets.plugins import known_name
from smpl_assets.settings import Settings

BodyName = Annotated[str, AfterValidator(known_name(BODIES))]


class BodySettings(Settings):
    """Which body model wears the poses.

    name: `anny` needs nothing; the others need their licensed files.
    model: the model file (`SMPL_NEUTRAL.pkl`, `.npz`, ...) or the folder that holds it; not used by anny.
    uv: the model's UV template (`.obj`); without it the body can be fitted but not textured. Not used by anny.
    """

    name: BodyName = "anny"
    model: str = ""
    uv: str = ""
