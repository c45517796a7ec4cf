import copy

import pytest
import torch
from torch import nn

from smpl_assets.errors import InputError
from training.loop.precision import keep_slow_layers_in_float32, resolve_precision


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


def test_strided_depthwise_convolutions_stay_in_float32():
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8), nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 4, 1, 2)
    )
    plain, names = copy.deepcopy(network), list(network.state_dict())
    keep_slow_layers_in_float32(network)
    assert list(network.state_dict()) == names
    assert [type(layer) is nn.Conv2d for layer in network] == [False, True, True]
    image = torch.rand(2, 8, 16, 16)
    exact = plain[0](image)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(network[0](image), exact)
        assert not torch.equal(plain[0](image).float(), exact)  # what autocast makes of it
        assert network[0](image.bfloat16()).dtype == network(image).dtype == torch.bfloat16
