"""Coarse heatmaps from three scales, and a second network that looks at a window about each joint (Tompson et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from training.codecs.codec import Codec
from training.codecs.heatmap import open_heatmap
from training.codecs.peaks import decode_heatmaps
from training.codecs.window import OUTSIDE, WindowHeatmap
from training.systems.coarse_options import CoarseOptions
from training.systems.displacements import Displacements
from training.systems.own_codec import require_heatmaps
from training.systems.pasting import cut_cells, paste_cells
from training.systems.system import Phase, Stage, System
from training.systems.windows import size_of

SCALES = 3
FINE_WEIGHT = 0.1
Maps = Float[Tensor, "batch joints rows columns"]
Points = Float[Tensor, "batch joints 2"]


def _layer(inputs: int, outputs: int, size: int, norm: bool) -> list[nn.Module]:
    norms: list[nn.Module] = [nn.BatchNorm2d(outputs)] if norm else []
    return [nn.Conv2d(inputs, outputs, size, padding=size // 2), *norms, nn.ReLU(inplace=True)]


class Coarse(nn.Module):
    """A bank of convolutions per scale, their maps brought to the finest and averaged, then fully convolutional layers.

    channels: of the banks. widths: of the 9x9 and the 1x1 layer. stride: of the maps. fine: stride of the features that are kept.
    """

    def __init__(self, maps: int, channels: int, widths: tuple[int, int], options: CoarseOptions, norm: bool) -> None:
        super().__init__()
        self.fine = options.fine
        self.first = nn.ModuleList(nn.Sequential(*_layer(3, channels, 5, norm)) for _ in range(SCALES))
        self.banks = nn.ModuleList(
            nn.Sequential(*_layer(channels, channels, 5, norm), nn.MaxPool2d(2), *_layer(channels, channels, 5, norm),
                          nn.MaxPool2d(options.stride // 4)) for _ in range(SCALES)
        )  # fmt: skip
        self.merged = nn.Sequential(
            *_layer(channels, widths[0], 9, norm), nn.Dropout2d(options.dropout), *_layer(widths[0], widths[1], 1, norm)
        )
        self.head = nn.Conv2d(widths[1], maps, 1)
        nn.init.normal_(self.head.weight, std=0.001)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]

    def forward(self, image: Float[Tensor, "batch 3 height width"]) -> tuple[Maps, list[Tensor]]:
        """(Maps, first features of each scale: every one at half the resolution of the one before)."""
        kept: list[Tensor] = []
        merged: list[Tensor] = []
        for scale, (first, bank) in enumerate(zip(self.first, self.banks, strict=True)):
            features = first(avg_pool2d(image, 2**scale) if scale else image)
            pooled = nn.functional.max_pool2d(features, 2)
            kept.append(features if self.fine == 1 else pooled)
            maps = bank(pooled)
            merged.append(interpolate(maps, merged[0].shape[2:], mode="bilinear") if scale else maps)
        return self.head(self.merged(torch.stack(merged).mean(0))), kept


class Fine(nn.Module):
    """Windows of the first features at every scale -> a map of the window, one network for all joints but for its last layer."""

    def __init__(self, joints: int, channels: int, width: int, norm: bool) -> None:
        super().__init__()
        self.banks = nn.ModuleList(
            nn.Sequential(*_layer(channels, width, 5, norm), *_layer(width, width, 5, norm)) for _ in range(SCALES)
        )
        self.merged = nn.Sequential(*_layer(width, width, 1, norm))
        self.head = nn.Linear(width, joints)  # row j is the last 1x1 convolution of joint j

    def forward(self, windows: Sequence[Float[Tensor, "windows channels _ _"]]) -> Maps:
        """Windows of B x J joints by scale -> (B, J, n, n)."""
        maps = [bank(w) for bank, w in zip(self.banks, windows, strict=True)]
        maps = [maps[0], *(m.repeat_interleave(2**s, 2).repeat_interleave(2**s, 3) for s, m in enumerate(maps[1:], 1))]
        merged = self.merged(torch.stack(maps).mean(0)).unflatten(0, (-1, len(self.head.weight)))
        return torch.einsum("bjcyx,jc->bjyx", merged, self.head.weight) + self.head.bias[:, None, None]


class CoarseToFine(nn.Module):
    """The coarse network, and the fine one about what it finds; windows start at whole cells of every scale."""

    def __init__(self, coarse: Coarse, fine: Fine, joints: int, options: CoarseOptions) -> None:
        super().__init__()
        self.coarse, self.fine, self.errors, self.options = coarse, fine, Displacements(joints), options

    def forward(
        self,
        image: Float[Tensor, "batch 3 height width"],
        keypoints: Points | None = None,
        supervised: Bool[Tensor, "batch joints"] | None = None,
    ) -> tuple[Maps, Float[Tensor, "batch joints fine_rows fine_columns"]]:
        """Coarse maps (B, J, H / stride, W / stride) and maps (B, J, H / fine, W / fine) that hold a window per joint.

        In training, where joints are given, windows lie about them, moved as the coarse network errs.
        """
        maps, features = self.coarse(_normalised(image.float(), self.options.lcn))
        points, _ = decode_heatmaps(maps.detach().float(), self.options.stride, "argmax")
        if keypoints is not None and supervised is not None and self.training:
            points = self._simulated(points, keypoints, supervised, size_of(image) / 2)
            if not any(value.requires_grad for value in self.fine.parameters()):
                rows, columns = (side // self.options.fine for side in image.shape[2:])
                return maps, maps.new_full((*maps.shape[:2], rows, columns), OUTSIDE)
        return maps, self._look(features, points, image.shape[2:])

    def _simulated(
        self, found: Points, keypoints: Points, supervised: Bool[Tensor, "batch joints"], middle: Float[Tensor, "2"]
    ) -> Points:
        """Joints moved by drawn errors that leave them in their windows; notes the coarse network's own, in windows.

        Unsupervised ones lie in the crop's middle: wherever somebody put them, they are to change nothing.
        """
        side = self.options.window * self.options.fine
        if any(value.requires_grad for value in self.coarse.parameters()):
            self.errors.note(((found - keypoints) / side).clamp(-0.5, 0.5), supervised)
        reach = 0.5 - self._step / 2 / self.options.window
        centres = torch.where(supervised[..., None], keypoints, middle)
        return centres + side * self.errors.draw(len(keypoints)).clamp(-reach, reach)

    @property
    def _step(self) -> int:
        """Cells of the fine map in a cell of the coarsest scale."""
        return 2 ** (SCALES - 1)

    def _corners(self, points: Points) -> Int64[Tensor, "batch joints 2"]:
        """Of the windows about points, cells of the fine map."""
        return ((points / self.options.fine - self.options.window / 2) / self._step).round().long() * self._step

    def _look(self, features: Sequence[Tensor], points: Points, size_hw: Sequence[int]) -> Maps:
        corners, window = self._corners(points), self.options.window
        owner = torch.arange(points.shape[0], device=points.device).repeat_interleave(points.shape[1])
        flat = corners.flatten(0, 1)
        cut = [cut_cells(f, owner, flat // 2**s, window // 2**s) for s, f in enumerate(features)]
        shape = size_hw[0] // self.options.fine, size_hw[1] // self.options.fine
        return paste_cells(self.fine(cut).float(), corners, shape, OUTSIDE)


def _normalised(image: Float[Tensor, "batch 3 height width"], local: bool) -> Float[Tensor, "batch 3 height width"]:
    """Each crop to mean 0 and deviation 1; `local`: each pixel by the mean and deviation of the 9 x 9 about it."""
    if not local:
        return (image - image.mean((1, 2, 3), keepdim=True)) / image.std((1, 2, 3), keepdim=True).clamp(min=1e-3)
    off = image - avg_pool2d(image.mean(1, keepdim=True), 9, 1, 4, count_include_pad=False)
    deviation = avg_pool2d((off**2).mean(1, keepdim=True), 9, 1, 4, count_include_pad=False).sqrt()
    return off / torch.maximum(deviation, deviation.mean((1, 2, 3), keepdim=True)).clamp(min=1e-3)


def stages(options: CoarseOptions, codec: Codec) -> tuple[Stage, ...]:
    """Coarse maps, then fine ones; E1 + 0.1 E2."""
    codec = require_heatmaps(codec, "coarse_to_fine looks for windows at the maxima of heatmaps")
    fine = WindowHeatmap(codec.sigma * min(2.0, options.stride / 2) / options.fine, codec.how)
    return Stage(codec, stride=options.stride), Stage(fine, FINE_WEIGHT, options.fine)


PHASES = (Phase(0.5, ("coarse.",), (0,)), Phase(0.25, ("fine.",), (1,)), Phase(0.25))


def coarse_system(channels: int, widths: tuple[int, int], fine: int, norm: bool = False) -> System:
    """Channels of the banks, widths of the merged layers, width of the fine network."""

    def build(options: CoarseOptions, maps: Sequence[int]) -> CoarseToFine:
        coarse = Coarse(maps[0], channels, widths, options, norm)
        return CoarseToFine(coarse, Fine(maps[0], channels, fine, norm), maps[0], options)

    return System(
        build, stages, open_heatmap, CoarseOptions, multiple=16, smallest=64, guided=True, phases=PHASES,
        heads=("coarse.head", "fine.head", "errors"), source="Tompson et al. 2015, arXiv 1411.4280",
    )  # fmt: skip


TINY = coarse_system(12, (32, 32), 12, norm=True)
PUBLISHED = coarse_system(128, (512, 256), 128)
