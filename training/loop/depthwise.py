"""Strided depthwise convolutions whose gradient is fast in bfloat16 on a CPU.

oneDNN has no fast kernel for the gradient of their input: MobileNetV2's four such layers take two fifths of a training step.
The gradient is the same as an ordinary depthwise convolution of the output's gradient, spread out with zeros between its pixels,
for which there is a fast kernel.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

Pair = tuple[int, int]


def speed_up_depthwise(network: nn.Module) -> None:
    """Let a network's strided depthwise convolutions compute their gradients in this way; parameters and names stay."""
    for layer in network.modules():
        if type(layer) is nn.Conv2d and _fits(layer):
            layer.__class__ = _Depthwise


def _fits(layer: nn.Conv2d) -> bool:
    depthwise = layer.groups == layer.in_channels == layer.out_channels > 1
    padded = isinstance(layer.padding, str) or any(
        p > d * (k - 1) for p, d, k in zip(layer.padding, layer.dilation, layer.kernel_size, strict=True)
    )
    return depthwise and max(layer.stride) > 1 and not padded and layer.padding_mode == "zeros" and layer.bias is None


class _Depthwise(nn.Conv2d):
    """A strided depthwise convolution without bias."""

    def forward(self, input: Tensor) -> Tensor:
        if input.dtype != torch.bfloat16 and not torch.is_autocast_enabled(input.device.type):
            return super().forward(input)
        weight, stride, padding, dilation = self.weight.bfloat16(), self.stride, self.padding, self.dilation
        result: Tensor = _Convolve.apply(input.bfloat16(), weight, stride, padding, dilation)
        return result


class _Convolve(torch.autograd.Function):
    """The convolution and its gradients."""

    @staticmethod
    def forward(ctx: Any, image: Tensor, weight: Tensor, stride: Pair, padding: Pair, dilation: Pair) -> Tensor:
        ctx.save_for_backward(image, weight)
        ctx.geometry = stride, padding, dilation
        return conv2d(image, weight, None, stride, padding, dilation, len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        (gradient,), (image, weight), (stride, padding, dilation) = gradients, ctx.saved_tensors, ctx.geometry
        groups, to_image, to_weight = len(weight), None, None
        if ctx.needs_input_grad[0]:
            reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
            size = [n + 2 * p - r for n, p, r in zip(image.shape[2:], padding, reach, strict=True)]
            spread = torch.empty(*image.shape[:2], *size, dtype=gradient.dtype, memory_format=torch.channels_last).zero_()
            spread[:, :, :: stride[0], :: stride[1]] = gradient
            border = [r - p for r, p in zip(reach, padding, strict=True)]
            to_image = conv2d(spread, weight.flip(2, 3), None, 1, border, dilation, groups)
        if ctx.needs_input_grad[1]:
            mask, none = [False, True, False], [0, 0]
            to_weight = torch.ops.aten.convolution_backward(
                gradient, image, weight, None, stride, padding, dilation, False, none, groups, mask
            )[1]
        return to_image, to_weight, None, None, None
