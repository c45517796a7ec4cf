"""The kernels compile for a GPU too; no GPU is needed for that."""

from __future__ import annotations

import pytest
import warp as wp

from smpl_assets.render.protocol import get_backend
from smpl_assets.render.warp import light, raster, shade

ARCHITECTURE = 90


@pytest.mark.parametrize("module", [light, raster, shade], ids=lambda module: module.__name__.split(".")[-1])
def test_kernels_compile_for_a_gpu(module, tmp_path):
    get_backend("warp")  # starts Warp without its banner
    if ARCHITECTURE not in wp.get_cuda_supported_archs():
        pytest.skip("this build of Warp has no CUDA compiler")
    wp.compile_aot_module(module, arch=ARCHITECTURE, module_dir=tmp_path, use_ptx=True)
    code = next(tmp_path.glob("*.ptx")).read_text()
    kernels = [value for value in vars(module).values() if isinstance(value, wp.Kernel)]
    assert kernels
    assert all(f".entry {kernel.key}_" in code for kernel in kernels)
