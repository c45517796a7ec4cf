"""DeepPose: a cascade of regressors, each later one looking at a window about each joint (Toshev and Szegedy 2014)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from smpl_assets.skeletons import Skeleton
from training.codecs.codec import Codec
from training.codecs.coordinates import Coordinates, Refined
from training.systems.alexnet import AlexRegressor
from training.systems.coordinate_options import DeepPoseOptions
from training.systems.displacements import Displacements
from training.systems.own_codec import require_codec
from training.systems.system import Phase, Stage, System
from training.systems.windows import Pairs, cut_windows, diameters, size_of, torso_pairs

Points = Float[Tensor, "batch joints 2"]


class DeepPose(nn.Module):
    """regressors: one a stage, (B, 3, side, side) -> (B, 2J). torsos: whose length the windows are measured by.

    The first stage sees the crop, shrunk to its input. A later one sees a window of the crop per joint and gives 2J numbers, of
    which only those of that joint are read: where it is, from the window's middle in sides of it.
    """

    errors: Sequence[Displacements]

    def __init__(self, regressors: Sequence[nn.Module], joints: int, torsos: Pairs, side: int, sigma: float) -> None:
        super().__init__()
        self.stages = nn.ModuleList(regressors)
        self.errors = nn.ModuleList(Displacements(joints) for _ in regressors[1:])  # type: ignore[assignment]
        self.joints, self.torsos, self.side, self.sigma = joints, torsos, side, sigma

    def forward(
        self,
        image: Float[Tensor, "batch 3 height width"],
        keypoints: Points | None = None,
        supervised: Bool[Tensor, "batch joints"] | None = None,
    ) -> tuple[Float[Tensor, "batch numbers"], ...]:
        """Coordinates of the first stage (B, 2J) and of the others (B, 4J), as `Coordinates` and `Refined` read them.

        In training, where joints are given, a later stage looks at windows about them, moved as the stage before it errs; stages
        that do not learn at present are left out.
        """
        image = image.float()
        whole = interpolate(image, (self.side, self.side), mode="bilinear", antialias=True)
        if keypoints is not None and supervised is not None and self.training:
            return self._train(image, whole, keypoints, supervised)
        known = torch.ones(image.shape[0], self.joints, dtype=torch.bool, device=image.device)
        size = size_of(image)
        outputs = [self.stages[0](whole).float()]
        points = (outputs[0].unflatten(1, (self.joints, 2)) + 0.5) * size
        for stage in range(1, len(self.stages)):
            diameter = diameters(points, known, self.torsos, image.shape[2])
            points, output = self._look(stage, image, points, diameter)
            outputs.append(output)
        return tuple(outputs)

    def _train(
        self, image: Tensor, whole: Tensor, keypoints: Points, supervised: Bool[Tensor, "batch joints"]
    ) -> tuple[Tensor, ...]:
        size = size_of(image)
        diameter = diameters(keypoints, supervised, self.torsos, image.shape[2])
        outputs = []
        for index, regressor in enumerate(self.stages):
            if not any(value.requires_grad for value in regressor.parameters()):
                outputs.append(image.new_zeros(len(image), self.joints * (2 if index == 0 else 4)))
                continue
            if index == 0:
                outputs.append(regressor(whole).float())
                points = (outputs[0].unflatten(1, (self.joints, 2)) + 0.5) * size
            else:
                moved = self.errors[index - 1].draw(len(image)) * diameter[:, None, None]
                centres = torch.where(supervised[..., None], keypoints, size / 2)  # what nobody knows is to change nothing
                points, output = self._look(index, image, centres + moved, diameter)
                outputs.append(output)
            if index < len(self.errors):
                self.errors[index].note((points.detach() - keypoints) / diameter[:, None, None], supervised)
        return tuple(outputs)

    def _look(
        self, stage: int, image: Tensor, centres: Points, diameter: Float[Tensor, " batch"]
    ) -> tuple[Points, Float[Tensor, "batch numbers"]]:
        """Points that a stage finds in windows about centres, px, and its output."""
        centres, side = centres.detach(), self.sigma * diameter.detach()
        sides = side[:, None].expand(-1, self.joints)
        windows = cut_windows(image, centres, sides, self.side)
        numbers = self.stages[stage](windows).float().view(-1, self.joints, self.joints, 2)
        moved = numbers.diagonal(dim1=1, dim2=2).transpose(1, 2) * side[:, None, None]
        points, size = centres + moved, size_of(image)
        looked = torch.stack([sides / size[0], moved.detach().norm(dim=2) / diameter[:, None]], 2)
        return points.detach(), torch.cat([looked, points / size - 0.5], 2).flatten(1)


def stages(options: DeepPoseOptions, codec: Codec) -> tuple[Stage, ...]:
    """Rows of numbers: no stride."""
    codec = require_codec(codec, Refined, "DeepPose gives coordinates and no maps")
    return (Stage(Coordinates(), stride=0), *(Stage(codec, stride=0) for _ in range(1, options.stages)))


def phases(options: DeepPoseOptions) -> tuple[Phase, ...]:
    """One stage after the other, equally long."""
    return tuple(Phase(1 / options.stages, (f"stages.{s}.",), (s,)) for s in range(options.stages))


def deep_pose_system(regressor: Callable[[int, float], nn.Module], side: int, dropout: float) -> System:
    """A cascade of regressors (outputs, dropout) of an input of `side` px."""

    def build(options: DeepPoseOptions, channels: Sequence[int], skeleton: Skeleton) -> DeepPose:
        chosen = dropout if options.dropout is None else options.dropout
        nets = [regressor(channels[0], chosen) for _ in range(options.stages)]
        return DeepPose(nets, len(skeleton), torso_pairs(skeleton), options.side or side, options.sigma)

    return System(
        build, stages, lambda knobs: Refined(), DeepPoseOptions, multiple=1, guided=True, of_skeleton=True, phases_of=phases,
        heads=(*(f"stages.{s}.head" for s in range(5)), "errors"), source="Toshev and Szegedy 2014, arXiv 1312.4659",
    )  # fmt: skip


TINY = deep_pose_system(
    lambda outputs, dropout: AlexRegressor(outputs, (16, 32, 48, 48, 32), 128, dropout, (7, 2), "batch", cells=4), 64, 0.1
)
PUBLISHED = deep_pose_system(lambda outputs, dropout: AlexRegressor(outputs, (96, 256, 384, 384, 256), 4096, dropout), 220, 0.6)
