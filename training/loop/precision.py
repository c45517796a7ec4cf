"""Arithmetic of a training: what `auto` means on a device."""

from __future__ import annotations

from typing import Literal

import torch

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
