"""Arithmetic of a training: what `auto` means on a device, and layers that half precision makes slower."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from smpl_assets.errors import InputError

Precision = Literal["32-true", "16-mixed", "bf16-mixed"]


def resolve_precision(setting: Precision | Literal["auto"], device: str) -> Precision:
    """Lightning's precision that a setting means on a device; `auto` is bf16-mixed where the hardware computes in bfloat16.

    Raises:
        InputError: 16-mixed on a CPU.
    """
    on_gpu = device.startswith("cuda")
    if setting == "16-mixed" and not on_gpu:
        raise InputError("train.precision = '16-mixed' needs a GPU", "use auto, 32-true or bf16-mixed on a CPU")
    if setting != "auto":
        return setting
    known = torch.cuda.is_bf16_supported(including_emulation=False) if on_gpu else _cpu_has_bfloat16()
    return "bf16-mixed" if known else "32-true"


def _cpu_has_bfloat16() -> bool:
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def keep_slow_layers_in_float32(network: nn.Module) -> None:
    """Let strided grouped convolutions compute in float32 under autocast on a CPU.

    oneDNN has no fast gradient of them in bfloat16: MobileNetV2's four take two fifths of a step, in float32 a twentieth.
    """
    for layer in network.modules():
        if type(layer) is nn.Conv2d and layer.groups > 1 and max(layer.stride) > 1:
            layer.__class__ = _Float32Convolution


class _Float32Convolution(nn.Conv2d):
    """A convolution that autocast leaves alone; gives what it was given, in that precision."""

    def forward(self, input: Tensor) -> Tensor:
        with torch.autocast(input.device.type, enabled=False):
            return super().forward(input.float()).to(input.dtype)
