import os
import pickle

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from smpl_assets.errors import InputError, StageError
from training.networks.checkpoint import NetworkCard, load_backbone, load_network, save_network
from training.networks.registry import NETWORKS, build_network
from training.networks.simple_baseline import normalise


@pytest.mark.parametrize("name", ["simple_tiny", "simple_small", "simple_resnet18", "simple_resnet50"])
def test_heatmaps_are_at_stride_four(name):
    network = build_network(name, 14, 0).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 64, 96)).shape == (1, 14, 16, 24)


def test_simple_baselines_has_the_published_size():
    """Xiao et al. report 34.0 M parameters for ResNet-50 with three 256-channel deconvolutions and 17 joints."""
    parameters = sum(p.numel() for p in build_network("simple_resnet50", 17, 0).parameters())
    assert parameters == pytest.approx(34.0e6, rel=0.001)


def test_initial_weights_come_from_the_seed_and_leave_the_global_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    a, b, other = (build_network("simple_tiny", 17, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a[n], b[n]) for n in a)
    assert not torch.equal(a["head.weight"], other["head.weight"])


def test_unknown_networks_are_refused_by_name():
    with pytest.raises(InputError, match="'hrnet'") as caught:
        build_network("hrnet", 17, 0)
    assert all(name in caught.value.next_step for name in NETWORKS)


def test_normalisation():
    image = torch.tensor([[[[0, 0, 255], [255, 0, 0]]]], dtype=torch.uint8)
    out = normalise(image)
    assert out.shape == (1, 3, 1, 2)
    assert out[0, :, 0, 0].tolist() == pytest.approx([-0.485 / 0.229, -0.456 / 0.224, (1 - 0.406) / 0.225])


@pytest.fixture
def card() -> NetworkCard:
    return NetworkCard("simple_tiny", "coco17", tuple(f"k{i}" for i in range(17)), (64, 48), "box", 1.25, "drp")


def test_a_network_comes_back_from_disk(tmp_path, card):
    network = build_network("simple_tiny", 17, 3).eval()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save_network(tmp_path / name, network, card)
    assert (tmp_path / "a" / "network.safetensors").read_bytes() == (tmp_path / "b" / "network.safetensors").read_bytes()
    loaded, found = load_network(tmp_path / "a")
    assert found == card
    image = torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(loaded(image), network(image))
    assert not loaded.training


@pytest.mark.parametrize("content", [b"", b"garbage" * 10])
def test_a_broken_network_file_is_one_error(tmp_path, content):
    (tmp_path / "network.safetensors").write_bytes(content)
    with pytest.raises(StageError, match="not a trained pose network"):
        load_network(tmp_path)


def test_a_file_of_something_else_is_one_error(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "network.safetensors")
    with pytest.raises(StageError, match="not a trained pose network"):
        load_network(tmp_path)


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_torchvision_weights_load(tmp_path, kind):
    reference = torchvision.models.resnet18(weights=None)
    path = tmp_path / f"weights.{kind}"
    if kind == "pth":
        torch.save({"state_dict": {f"module.{n}": v for n, v in reference.state_dict().items()}}, path)
    else:
        save_file(reference.state_dict(), path)
    network = build_network("simple_resnet18", 17, 0)
    head = network.head.weight.clone()
    assert load_backbone(network, path) == len(reference.state_dict()) - 2  # without fc
    assert torch.equal(network.backbone.conv1.weight, reference.conv1.weight)
    assert torch.equal(network.backbone.layer4[1].bn2.weight, reference.layer4[1].bn2.weight)
    assert torch.equal(network.head.weight, head)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("ran-something",)


def test_weights_that_cannot_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    network = build_network("simple_resnet18", 17, 0)
    with pytest.raises(InputError, match="no such file"):
        load_backbone(network, tmp_path / "none.pth")
    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"conv1.weight": Evil()}))
    with pytest.raises(InputError, match="not a file of plain tensors"):
        load_backbone(network, tmp_path / "evil.pth")
    assert not (tmp_path / "ran-something").exists()
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(InputError, match="not a state dict"):
        load_backbone(network, tmp_path / "list.pth")
    torch.save(torchvision.models.resnet34(weights=None).state_dict(), tmp_path / "r34.pth")
    with pytest.raises(InputError, match="not the weights of this backbone") as caught:
        load_backbone(network, tmp_path / "r34.pth")
    assert "train.network" in caught.value.next_step
