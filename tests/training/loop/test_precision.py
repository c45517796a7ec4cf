import pytest
import torch

from smpl_assets.errors import InputError
from training.loop.precision import resolve_precision


@pytest.mark.parametrize(
    ("has", "means"), [({"avx512_bf16": True}, "bf16-mixed"), ({"amx_bf16": True}, "bf16-mixed"), ({"avx512_f": True}, "32-true")]
)
def test_auto_asks_the_cpu(monkeypatch, has, means):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert resolve_precision("auto", "cpu") == means
    assert resolve_precision("32-true", "cpu") == "32-true"


@pytest.mark.parametrize(("has", "means"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_asks_the_gpu(monkeypatch, has, means):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has and not including_emulation)
    assert resolve_precision("auto", "cuda:1") == means
    assert resolve_precision("16-mixed", "cuda") == "16-mixed"


def test_half_floats_need_a_gpu():
    with pytest.raises(InputError, match="needs a GPU"):
        resolve_precision("16-mixed", "cpu")
