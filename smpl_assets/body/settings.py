"""The configuration's `[body]`."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from smpl_assets.body.table import BODIES
from smpl_assets.plugins import known_name
from smpl_assets.settings import Settings

BodyName = Annotated[str, AfterValidator(known_name(BODIES))]


Shift = Annotated[float, Field(ge=-30, le=30)]


class KeypointShifts(Settings):
    """Where the annotators of a data set put joints, beside where they lie on the body: % of the torso, `rarepose annotators`.

    Fits, fill and renders follow it; the inverse function, start weights and trackers, which serve every set, do not.

    hip_out: hips, each away from the other. neck_up: the neck, up the trunk.
    """

    hip_out: Shift = 0.0
    neck_up: Shift = 0.0


class BodySettings(Settings):
    """Which body model wears the poses.

    name: `anny` needs nothing; the others need their licensed files.
    model: the model file (`SMPL_NEUTRAL.pkl`, `.npz`, ...) or the folder that holds it; not used by anny.
    uv: the model's UV template (`.obj`); without it the body can be fitted but not textured. Not used by anny.
    """

    name: BodyName = "anny"
    model: str = ""
    uv: str = ""
    keypoints: KeypointShifts = KeypointShifts()

    @property
    def unmoved(self) -> "BodySettings":
        """The same body with its keypoints where they lie by themselves, for what serves every data set."""
        return self.model_copy(update={"keypoints": KeypointShifts()})

    @property
    def worn(self) -> str | dict[str, Any]:
        """What fits and renders of this body depend on beside its files: its name, and shifts where there are some."""
        moved = self.keypoints != KeypointShifts()
        return {"name": self.name, "keypoints": self.keypoints.model_dump(mode="json")} if moved else self.name
