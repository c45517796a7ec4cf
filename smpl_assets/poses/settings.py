"""Where poses come from (the field `pool` of `[inverse]`)."""

from typing import Annotated

from pydantic import AfterValidator, Field

from smpl_assets.plugins import known_name
from smpl_assets.poses.table import POSE_FORMATS
from smpl_assets.settings import Settings

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class PoseFiles(Settings):
    """Poses from files.

    format: `amass` (folder or file of .npz with `poses`), `bvh` (CMU's skeleton), `deepmimic` (humanoid text), `smpl` (.npz or
        .npy of SMPL pose arrays).
    path: file or folder (searched recursively).
    weight: share of the mixture relative to the built-in generator's `generator_weight` and to other files.
    frames_per_second: clips are thinned to this rate; 0 keeps every frame.
    """

    format: Annotated[str, AfterValidator(known_name(POSE_FORMATS))]
    path: str
    weight: Annotated[float, Field(gt=0.0)] = 1.0
    frames_per_second: Annotated[float, Field(ge=0.0)] = 10.0


class PoolSettings(Settings):
    """A weighted mixture of pose sources and a distribution of views.

    generator_weight: share of the built-in generator relative to the weights of `files`.
    usual_share: share of everyday poses (standing, walking, sitting, ...) among the generator's; the rest is extreme.
    variation: scale of the random variation around the key postures.
    sphere_share: share of samples whose orientation is uniform over all rotations; the others are seen as cameras usually see
    people.
    files: more sources.
    """

    generator_weight: Annotated[float, Field(ge=0.0)] = 1.0
    usual_share: Share = 0.5
    variation: Annotated[float, Field(ge=0.0, le=3.0)] = 1.0
    sphere_share: Share = 0.25
    files: tuple[PoseFiles, ...] = ()
