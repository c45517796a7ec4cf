import copy

import pytest
import torch
from torch import nn

from training.loop.depthwise import speed_up_depthwise


def gradients(layer: nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    """Output, and gradients of image and weights, of a loss that sees every pixel."""
    image = image.clone().requires_grad_()
    output = layer(image)
    weights = torch.linspace(-1, 1, output.numel()).view_as(output)
    layer.zero_grad()
    (output.float() * weights).sum().backward()
    return [output.detach().float(), image.grad.float(), layer.weight.grad.float()]


@pytest.mark.parametrize(
    ("stride", "kernel", "padding", "dilation"), [(2, 3, 1, 1), ((2, 1), 3, 0, 1), (3, 5, 2, 1), (2, 3, 2, 2), (2, 2, 0, 1)]
)
@pytest.mark.parametrize("size", [(8, 8), (9, 12), (11, 7)])
def test_results_are_those_of_the_plain_layer(stride, kernel, padding, dilation, size):
    torch.manual_seed(0)
    plain = nn.Conv2d(6, 6, kernel, stride, padding, dilation, groups=6, bias=False)
    fast = copy.deepcopy(plain)
    speed_up_depthwise(fast)
    image = torch.randn(2, 6, *size)
    exact = gradients(plain, image)
    with torch.autocast("cpu", torch.bfloat16):
        slow, found = gradients(plain, image), gradients(fast, image)
    for a, b, c in zip(exact, slow, found, strict=True):
        assert a.shape == c.shape
        assert (a - c).abs().max() <= (a - b).abs().max() + 0.004 * a.abs().max()  # half a step of bfloat16
    assert all(torch.equal(a, b) for a, b in zip(exact, gradients(fast, image), strict=True))  # float32 goes the plain way


def test_only_strided_depthwise_layers_change_and_keep_their_names():
    def layers() -> nn.Sequential:
        plain = [
            nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False),
            nn.Conv2d(8, 8, 3, 2, 1, groups=4, bias=False),
            nn.Conv2d(8, 8, 3, 2),
        ]
        odd = [nn.Conv2d(8, 8, 3, 2, 1, groups=8), nn.Conv2d(8, 8, 1, 2, 1, groups=8, bias=False)]
        return nn.Sequential(*plain, *odd, nn.Conv2d(8, 8, 3, 2, 1, groups=8, bias=False))

    network = layers()
    speed_up_depthwise(network)
    assert [type(layer) is nn.Conv2d for layer in network] == [True] * 5 + [False]
    assert list(network.state_dict()) == list(layers().state_dict())
    network(torch.rand(1, 8, 96, 96)).sum().backward()
