import pytest
import torch

from style_transfer.blocks import LIN, AdaLIN, clip_rho
from style_transfer.losses import colour_loss, structure_loss, tone_loss
from style_transfer.networks import DiscriminatorPair, Generator, least_squares
from style_transfer.settings import TranslatorSettings
from tests.style_transfer.world import tiny


def batch(side: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    mask = torch.zeros(2, 1, side, side)
    mask[..., 8:24, 8:24] = 1
    return torch.rand(2, 3, side, side, generator=generator) * 2 - 1, mask


def test_fresh_residual_generator_returns_its_input() -> None:
    image, mask = batch()
    made = Generator(tiny())(image, mask)
    assert torch.allclose(made.image, image, atol=1e-6)
    assert made.logits.shape == (2, 2)
    assert made.attention.shape == (2, 1, 8, 8)


def test_residual_generator_changes_the_person_only() -> None:
    image, mask = batch()
    network = Generator(tiny())
    torch.nn.init.normal_(network.up[-1].weight, std=0.1, generator=torch.Generator().manual_seed(0))
    made = network(image, mask).image
    assert torch.equal(made * (1 - mask), image * (1 - mask))
    assert (made - image).abs().amax() > 0.01


@pytest.mark.parametrize("layer", [2, 6])
def test_residual_generator_learns_on_when_all_features_of_people_are_below_zero(layer: int) -> None:
    """The fault: behind a ReLU no gradient came back from the person, the only place that has one."""
    image, mask = batch()
    network = Generator(tiny())
    with torch.no_grad():
        torch.nn.init.normal_(network.up[-1].weight, std=0.01, generator=torch.Generator().manual_seed(0))
        network.up[layer].beta.fill_(-100)
    (network(image, mask).image - image).square().sum().backward()
    assert network.up[layer].beta.grad.abs().min() > 0


@pytest.mark.parametrize("light", [True, False])
def test_plain_generator_makes_a_new_image_of_any_of_both_kinds(light: bool) -> None:
    image, mask = batch()
    made = Generator(tiny(residual=False, light=light))(image, mask).image
    assert made.shape == image.shape
    assert made.abs().max() <= 1
    assert not torch.allclose(made, image, atol=0.1)


def test_full_mode_has_the_large_layer_and_light_does_not() -> None:
    full = Generator(tiny(light=False, image_size=64))
    light = Generator(tiny(image_size=64))
    assert full.style[0].weight.shape == (16, 16 * 16 * 16)
    assert light.style[0].weight.shape == (16, 16)


def test_generator_of_the_paper_has_its_layers() -> None:
    network = Generator(TranslatorSettings())
    count = sum(p.numel() for p in network.parameters())
    assert 10e6 < count < 12e6
    assert len(network.decoder) == 4


@pytest.mark.parametrize(("side", "wide", "near"), [(256, 6, 4), (128, 5, 3), (64, 4, 2), (32, 3, 2)])
def test_discriminators_shrink_with_the_image(side: int, wide: int, near: int) -> None:
    pair = DiscriminatorPair(tiny(image_size=side))
    assert [sum(isinstance(m, torch.nn.Conv2d) for m in d.body) for d in (pair.wide, pair.near)] == [wide, near]
    scores, logits, close, close_logits = pair(torch.zeros(1, 3, side, side))
    assert close.shape[-1] > scores.shape[-1] >= 1
    assert logits.shape == close_logits.shape == (1, 2)


def test_spectral_norm_bounds_the_largest_singular_value() -> None:
    pair = DiscriminatorPair(tiny()).train()
    for _ in range(30):
        pair(torch.zeros(1, 3, 32, 32))
    pair.eval()
    weight = pair.wide.body[1].weight.flatten(1)
    assert torch.linalg.svdvals(weight)[0].item() == pytest.approx(1.0, abs=0.05)
    assert pair.wide.attention.average.weight.norm().item() == pytest.approx(1.0, abs=1e-3)


def test_adalin_is_instance_norm_at_one_and_layer_norm_at_zero() -> None:
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1)) * 3 + 1
    layer, ones, zeros = AdaLIN(4), torch.ones(2, 4), torch.zeros(2, 4)
    layer.rho.data.fill_(1.0)
    by_channel = layer(x, ones, zeros)
    assert by_channel.mean((2, 3)).abs().max() < 1e-5
    layer.rho.data.fill_(0.0)
    by_image = layer(x, ones, zeros)
    assert by_image.mean((1, 2, 3)).abs().max() < 1e-5
    assert by_image.mean((2, 3)).abs().max() > 1e-2
    shifted = layer(x, 2 * ones, ones)
    assert torch.allclose(shifted, 2 * by_image + 1, atol=1e-5)


def test_rho_is_clipped() -> None:
    network = torch.nn.Sequential(LIN(2), LIN(2))
    network[0].rho.data.fill_(1.7)
    network[1].rho.data.fill_(-0.3)
    clip_rho(network)
    assert network[0].rho.unique().item() == 1
    assert network[1].rho.unique().item() == 0


def test_least_squares_by_hand() -> None:
    outputs = [torch.tensor([[0.5, 1.0]]), torch.tensor([[0.0]])]
    assert least_squares(outputs, 1.0).item() == pytest.approx(0.125 + 1.0)


def test_structure_loss_sees_shifts_and_not_tone() -> None:
    image, mask = batch()
    toned = 0.5 * image + 0.2
    moved = torch.roll(image, 3, dims=3)
    assert structure_loss(image, toned, mask) < 0.02
    assert structure_loss(image, moved, mask) > 0.5


def test_tone_loss_is_the_square_of_the_move_of_the_mean_colour() -> None:
    image, mask = batch()
    assert tone_loss(image, image + mask * 0.2, mask).item() == pytest.approx(0.04, abs=1e-5)
    assert tone_loss(image, image + (1 - mask), mask).item() == pytest.approx(0, abs=1e-6)


def test_colour_loss_sees_a_hand_that_turns_blue_and_not_one_that_turns_bright() -> None:
    image, mask = torch.zeros(1, 3, 64, 64), torch.ones(1, 1, 64, 64)
    hand = torch.zeros(1, 1, 64, 64)
    hand[..., 8:24, 40:56] = 0.3
    blue = hand * torch.tensor([-1.0, -1.0, 2.0]).view(1, 3, 1, 1)
    balanced = blue - blue.mean((2, 3), keepdim=True)
    assert tone_loss(image, image + balanced, mask) < 1e-6 < 0.005 < colour_loss(image, image + balanced, mask)
    assert colour_loss(image, image + hand, mask) < 1e-9
    assert colour_loss(image, image + blue, 1 - (hand > 0).float()) == 0  # what is nobody's does not count


def test_colour_loss_sees_stripes_whose_colours_cancel() -> None:
    stripes = torch.zeros(1, 3, 64, 64)
    blue = 0.3 * torch.tensor([-1.0, -1.0, 2.0]).view(1, 3, 1, 1)
    stripes[..., ::2], stripes[..., 1::2] = blue, -blue
    limb = torch.zeros(1, 1, 64, 64)
    limb[..., 30:34] = 1
    assert tone_loss(torch.zeros(1, 3, 64, 64), stripes, limb) < 1e-9
    assert colour_loss(torch.zeros(1, 3, 64, 64), stripes, limb).item() == pytest.approx(2 * 0.09)  # mean of .3, .3, .6 squared


def test_wrong_shape_fails() -> None:
    image, _ = batch()
    with pytest.raises(Exception, match="mask"):
        Generator(tiny())(image, torch.zeros(2, 32, 32))
