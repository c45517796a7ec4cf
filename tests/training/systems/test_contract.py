"""What every system of the table has to keep; systems that come later are tested by being there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.systems.contract import COCO, NAMES, OTHER, batch, build
from training.codecs.codec import Knobs
from training.codecs.window import WindowHeatmap
from training.systems.build import build_model
from training.systems.checkpoint import NetworkCard, load_model, save_network
from training.systems.pixels import normalise

# codecs that are not a system's own
CODEC = {
    "simple_tiny": "disk_offset",
    "hrnet_tiny": "hardest",
    "hourglass_tiny": "belief",
    "cpm_tiny": "heatmap",
    "cpn_tiny": "heatmap",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights(name: str) -> None:
    a, b, other = (build(name, seed).network.state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(a[n], b[n]) for n in a)
    assert any(not torch.equal(a[n], other[n]) for n in a)


@pytest.mark.parametrize("name", NAMES)
def test_channels_last_and_half_precision_run(name: str) -> None:
    model = build(name)
    model.network.eval()
    image, _ = batch(2)
    plain = model(normalise(image))
    model.network.to(memory_format=torch.channels_last)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for stage, a, b in zip(model.stages, plain, model(normalise(image)), strict=True):
            if isinstance(stage.codec, WindowHeatmap):  # where it looks hangs on the maximum of an untrained map
                assert b.isfinite().all()
                continue
            assert (a - b.float()).abs().max() < 0.05 * a.abs().max() + 0.02


@pytest.mark.parametrize("name", NAMES)
def test_a_trained_model_comes_back_from_disk(name: str, tmp_path: Path) -> None:
    model = build(name, 3)
    model.network.to(memory_format=torch.channels_last)
    save_network(tmp_path, model.network, NetworkCard(name, COCO.name, COCO.keypoints, (64, 64), "box", 1.25, "drp"))
    again, card = load_model(tmp_path, COCO)
    model.network.eval()
    image, _ = batch(1)
    assert card.network == name
    with torch.inference_mode():
        assert all(torch.equal(a, b) for a, b in zip(model(normalise(image)), again(normalise(image)), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_what_it_was_trained_with_comes_back_from_its_card(name: str, tmp_path: Path) -> None:
    """Options, codec and sigma that are not its own: the same layers, meanings of outputs and phases."""
    codec, options = CODEC.get(name, ""), OTHER.get(name, {})
    model = build_model(name, COCO, 3, Knobs(sigma=1.2, decode="dark"), codec, options)
    card = NetworkCard(name, COCO.name, COCO.keypoints, (64, 64), "center", 1.1, "all", codec, 1.2, options, "bf16-mixed")
    model.network.to(memory_format=torch.channels_last).eval()
    save_network(tmp_path, model.network, card)
    again, read = load_model(tmp_path, COCO, decode="dark")
    assert read == card
    assert again.stages == model.stages
    assert again.system.phases == model.system.phases
    image = normalise(batch(1)[0])
    with torch.inference_mode():
        assert all(torch.equal(a, b) for a, b in zip(model(image), again(image), strict=True))
