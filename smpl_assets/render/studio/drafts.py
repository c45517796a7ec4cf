"""Samples before anybody is posed: who stands before which camera in which posture, drawn from the samples' own seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from smpl_assets.body.pose import BodyParameters, BodyPose
from smpl_assets.body.protocol import BodyModel
from smpl_assets.inverse.fits import Fits
from smpl_assets.inverse.rig import pose_joints
from smpl_assets.render.settings import RenderSettings
from smpl_assets.render.studio.camera_draw import Placement, crop_camera, fill_frame, place
from smpl_assets.render.studio.jobs import Job
from smpl_assets.render.studio.people import Bystanders
from smpl_assets.render.studio.postures import Alternatives, Postures
from smpl_assets.render.studio.variation import Variation, variation_of
from smpl_assets.seeds import derive_seed, numpy_generator


@dataclass(frozen=True)
class Draft:
    """The subject before its camera, and the bodies that will stand beside it.

    jittered: its joints were moved about. pose: label of the pool's pose that it took, '' where it took none.
    """

    job: Job
    seed: int
    placed: Placement
    others: list[BodyParameters]
    variation: Variation
    jittered: bool = False
    pose: str = ""

    @property
    def exact(self) -> bool:
        """The fit as it is."""
        return self.job.repetition == 0 and self.job.tries == 0

    @property
    def varied(self) -> str:
        """What was varied, as labels say it: `fit`, `neighbour+jitter+far+mirrored`."""
        if self.exact:
            return "fit"
        view = "far" if self.variation.far else "near"
        words = (self.variation.posture, "jitter" * self.jittered, view, "mirrored" * self.placed.mirrored)
        return "+".join(word for word in words if word)


class Drafter:
    """Draws drafts; `body` is on the CPU."""

    def __init__(self, fits: Fits, settings: RenderSettings, body: BodyModel, alternatives: Alternatives, seed: int) -> None:
        self.fits, self.settings, self.seed, self._body = fits, settings, seed, body
        self._postures = Postures(fits, settings, body, alternatives, seed)
        self._bystanders = Bystanders.drawn(seed) if settings.people > 1 else None

    def drafts(self, jobs: Sequence[Job]) -> list[Draft]:
        """The samples of these jobs; the first repetition of a pose is the fit itself."""
        drafts = [self._placed(job) for job in jobs]
        again = [i for i, draft in enumerate(drafts) if draft.job.repetition and self._moves(draft)]
        for i, draft in zip(again, self._moved([drafts[i] for i in again]), strict=True):
            drafts[i] = draft
        return [self._framed(draft) if draft.variation.far else draft for draft in drafts]

    def _placed(self, job: Job) -> Draft:
        """A sample's seed, the posture that it starts from before its camera, and bystanders."""
        fits, settings, person = self.fits, self.settings, int(self.fits.person[job.row])
        seed = derive_seed(self.seed, "render", person, job.repetition, job.tries)
        variation = variation_of(self.seed, person, job.repetition, settings)
        start = self._postures.start(job.row, variation.posture, seed)
        camera = crop_camera(start.intrinsics, fits.crop_xywh[job.row], settings.image_size)
        rng = numpy_generator(seed, "placement")
        placed = place(start.parameters, camera, settings, rng, not (job.repetition or job.tries), variation.far)
        count, shape_size = settings.people - 1, fits.shape.shape[1]
        others = self._bystanders.parameters(count, shape_size, seed) if self._bystanders else []
        return Draft(job, seed, placed, others, replace(variation, posture=start.kind))

    def _moves(self, draft: Draft) -> bool:
        return self.settings.pose_jitter_deg > 0 or draft.variation.posture == "neighbour"

    def _moved(self, drafts: Sequence[Draft]) -> list[Draft]:
        """The drafts with their joints moved about, those of neighbours towards the pool's."""
        bodies, kinds = [d.placed.parameters for d in drafts], [d.variation.posture for d in drafts]
        varied, jitters = self._postures.varied(bodies, kinds, [d.seed for d in drafts]), self.settings.pose_jitter_deg > 0
        result = []
        for draft, found in zip(drafts, varied, strict=True):
            placed, variation = replace(draft.placed, parameters=found.parameters), replace(draft.variation, posture=found.kind)
            jittered = found.moved and jitters
            result.append(replace(draft, placed=placed, variation=variation, jittered=jittered, pose=found.pose))
        return result

    def _framed(self, draft: Draft) -> Draft:
        """Seen from far around, the body fills its image anew."""
        rng = numpy_generator(draft.seed, "framing")
        return replace(draft, placed=fill_frame(draft.placed, self._joints(draft.placed.parameters), self.settings, rng))

    def _joints(self, parameters: BodyParameters) -> Float[np.ndarray, "24 3"]:
        one = BodyPose.from_axis_angle(BodyParameters.stacked([parameters]))
        return pose_joints(self._body, one).joints[0].double().numpy()
