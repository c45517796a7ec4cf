"""The losses of U-GAT-IT, and the one that keeps structure, and so labels, in place."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from style_transfer.matching import Batch
from style_transfer.networks import DiscriminatorPair, Generator, Translated, least_squares
from style_transfer.settings import LossWeights

_WINDOW = 7
Images = Float[Tensor, "batch 3 side side"]
Masks = Float[Tensor, "batch 1 side side"]
Loss = Float[Tensor, ""]


def discriminator_loss(pair: DiscriminatorPair, photographed: Tensor, translated: Tensor) -> Loss:
    """Least squares: real people score 1, translated ones (built without their generator's graph) 0."""
    return least_squares(pair(photographed), 1.0) + least_squares(pair(translated), 0.0)


def generator_losses(
    to_photo: Generator, to_render: Generator, judge_photo: DiscriminatorPair, judge_render: DiscriminatorPair, batch: Batch
) -> dict[str, Loss]:
    """Unweighted losses of both generators, both directions summed, by the names of `LossWeights`."""
    a, a_mask, b, b_mask = batch.rendered, batch.rendered_mask, batch.photographed, batch.photographed_mask
    a_to_b, b_to_a = to_photo(a, a_mask), to_render(b, b_mask)
    a_again, b_again = to_render(a_to_b.image, a_mask).image, to_photo(b_to_a.image, b_mask).image
    b_same, a_same = to_photo(b, b_mask), to_render(a, a_mask)
    return {
        "adversarial": least_squares(judge_photo(a_to_b.image), 1.0) + least_squares(judge_render(b_to_a.image), 1.0),
        "cycle": functional.l1_loss(a_again, a) + functional.l1_loss(b_again, b),
        "identity": functional.l1_loss(b_same.image, b) + functional.l1_loss(a_same.image, a),
        "cam": _cam(a_to_b, b_same) + _cam(b_to_a, a_same),
        "structure": structure_loss(a, a_to_b.image, a_mask) + structure_loss(b, b_to_a.image, b_mask),
        "tone": tone_loss(a, a_to_b.image, a_mask) + tone_loss(b, b_to_a.image, b_mask),
        "colour": colour_loss(a, a_to_b.image, a_mask) + colour_loss(b, b_to_a.image, b_mask),
    }


def _cam(foreign: Translated, own: Translated) -> Loss:
    """A generator's classifier tells its source domain (1) from its target domain (0)."""
    entropy = functional.binary_cross_entropy_with_logits
    return entropy(foreign.logits, torch.ones_like(foreign.logits)) + entropy(own.logits, torch.zeros_like(own.logits))


def structure_loss(before: Images, after: Images, mask: Masks) -> Loss:
    """1 - the mean over the person of the correlation of brightness in 7x7 windows: blind to tone and contrast, not to shifts."""
    x, y = before.mean(1, keepdim=True), after.mean(1, keepdim=True)

    def mean(v: Tensor) -> Tensor:
        return functional.avg_pool2d(v, _WINDOW, 1, _WINDOW // 2, count_include_pad=False)

    x_mean, y_mean = mean(x), mean(y)
    covariance = mean(x * y) - x_mean * y_mean
    spread = (mean(x * x) - x_mean**2).clamp(min=0) + 1e-3, (mean(y * y) - y_mean**2).clamp(min=0) + 1e-3
    correlation = (covariance + 1e-3) / torch.sqrt(spread[0] * spread[1])
    return ((1 - correlation) * mask).sum() / mask.sum().clamp(min=1)


def tone_loss(before: Images, after: Images, mask: Masks) -> Loss:
    """How far the mean colour of a person moved, squared (an L1 would hold the network at doing nothing)."""
    change = ((after - before) * mask).sum((2, 3)) / mask.sum((2, 3)).clamp(min=1)
    return change.square().mean()


def colour_loss(before: Images, after: Images, mask: Masks) -> Loss:
    """How far the colour of each pixel, less its brightness, moved, squared, mean over the person.

    Pixel by pixel: a mean over windows is satisfied by stripes of two colours.
    """
    change = after - before
    chroma = change - change.mean(1, keepdim=True)
    return (chroma.square().mean(1, keepdim=True) * mask).sum() / mask.sum().clamp(min=1)


def weighted(losses: dict[str, Tensor], weights: LossWeights) -> Loss:
    """The sum that the generators minimise."""
    return torch.stack([getattr(weights, name) * value for name, value in losses.items()]).sum()
