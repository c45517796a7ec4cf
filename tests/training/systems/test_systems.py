import os
import pickle

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from smpl_assets.errors import InputError, StageError
from smpl_assets.skeletons import get_skeleton
from training.codecs.codec import Knobs
from training.systems.build import build_model, check_input
from training.systems.checkpoint import NetworkCard, load_backbone, load_model, save_network
from training.systems.pixels import normalise
from training.systems.table import SYSTEMS

COCO, LSP = get_skeleton("coco17"), get_skeleton("lsp14")


def build(name, skeleton=COCO, seed=0, **options):
    return build_model(name, skeleton, seed, Knobs(), options=options)


@pytest.mark.parametrize("name", list(SYSTEMS))
def test_outputs_have_the_channels_and_the_stride_of_their_stages(name):
    with torch.device("meta"):
        model = build(name, LSP)
        height = max(64, model.system.smallest)
        width = height + model.system.multiple
        outputs = model(torch.zeros(1, 3, height, width))
    assert len(outputs) == len(model.stages)
    for stage, output in zip(model.stages, outputs, strict=True):
        cells = (height // stage.stride, width // stage.stride) if stage.stride else ()
        assert output.shape == (1, stage.codec.channels(LSP), *cells)


def test_simple_baselines_has_the_published_size():
    """Xiao et al. report 34.0 M parameters for ResNet-50 with three 256-channel deconvolutions and 17 joints."""
    parameters = sum(p.numel() for p in build("simple_resnet50").network.parameters())
    assert parameters == pytest.approx(34.0e6, rel=0.001)


def test_initial_weights_come_from_the_seed_and_leave_the_global_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    a, b, other = (build("simple_tiny", seed=seed).network.state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a[n], b[n]) for n in a)
    assert not torch.equal(a["head.weight"], other["head.weight"])


def test_options_are_those_of_the_system():
    narrow = build("simple_tiny", deconv_channels=(16, 16, 16)).network
    assert narrow.deconvolutions[0].weight.shape[1] == 16
    with pytest.raises(InputError, match=r"train\.options\.deconv of simple_tiny") as caught:
        build("simple_tiny", deconv=3)
    assert "deconv_channels" in caught.value.next_step


def test_unknown_systems_are_refused_by_name():
    with pytest.raises(InputError, match=r"train\.network = 'hourglas' is not known") as caught:
        build("hourglas")
    assert all(name in caught.value.next_step for name in SYSTEMS)


def test_an_input_that_does_not_divide_is_refused():
    check_input("simple_tiny", (256, 192))
    with pytest.raises(InputError, match="multiples of 32") as caught:
        check_input("simple_tiny", (250, 192))
    assert "[256, 192]" in caught.value.next_step
    with pytest.raises(InputError, match="from 128 px on"):
        check_input("regressor_alexnet", (128, 96))


def test_normalisation():
    image = torch.tensor([[[[0, 0, 255], [255, 0, 0]]]], dtype=torch.uint8)
    out = normalise(image)
    assert out.shape == (1, 3, 1, 2)
    assert out[0, :, 0, 0].tolist() == pytest.approx([-0.485 / 0.229, -0.456 / 0.224, (1 - 0.406) / 0.225])


@pytest.fixture
def card() -> NetworkCard:
    return NetworkCard(
        "simple_tiny", "coco17", COCO.keypoints, (64, 48), "box", 1.25, "drp", options={"deconv_channels": [8, 8, 8]}
    )


def test_a_network_comes_back_from_disk(tmp_path, card):
    network = build("simple_tiny", seed=3, deconv_channels=(8, 8, 8)).network.eval().to(memory_format=torch.channels_last)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        save_network(tmp_path / name, network, card)
    assert (tmp_path / "a" / "network.safetensors").read_bytes() == (tmp_path / "b" / "network.safetensors").read_bytes()
    loaded, found = load_model(tmp_path / "a", COCO)
    assert found == card
    image = torch.rand(1, 3, 64, 48, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(loaded(image)[-1], network(image)[-1])
    assert not loaded.network.training
    with pytest.raises(StageError, match="knows coco17, the people have lsp14"):
        load_model(tmp_path / "a", LSP)


@pytest.mark.parametrize("content", [b"", b"garbage" * 10])
def test_a_broken_network_file_is_one_error(tmp_path, content):
    (tmp_path / "network.safetensors").write_bytes(content)
    with pytest.raises(StageError, match="not a trained pose network"):
        load_model(tmp_path, COCO)


def test_a_file_of_something_else_is_one_error(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "network.safetensors")
    with pytest.raises(StageError, match="not a trained pose network"):
        load_model(tmp_path, COCO)


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_torchvision_weights_load(tmp_path, kind):
    reference = torchvision.models.resnet18(weights=None)
    path = tmp_path / f"weights.{kind}"
    if kind == "pth":
        torch.save({"state_dict": {f"module.{n}": v for n, v in reference.state_dict().items()}}, path)
    else:
        save_file(reference.state_dict(), path)
    model = build("simple_resnet18")
    network = model.network
    head = network.head.weight.clone()
    assert load_backbone(model, path) == len(reference.state_dict()) - 2  # without fc
    assert torch.equal(network.backbone.conv1.weight, reference.conv1.weight)
    assert torch.equal(network.backbone.layer4[1].bn2.weight, reference.layer4[1].bn2.weight)
    assert torch.equal(network.head.weight, head)


def test_imagenet_weights_of_mobilenet_load(tmp_path):
    reference = torchvision.models.mobilenet_v2(weights=None)
    save_file(reference.state_dict(), tmp_path / "mobile.safetensors")
    model = build("simple_mobilenet_v2")
    assert load_backbone(model, tmp_path / "mobile.safetensors") == len(reference.state_dict()) - 2  # without classifier
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    model.network.eval()
    reference.eval()
    with torch.inference_mode():
        assert torch.equal(model.network.backbone(image), reference.features(image))


class Evil:
    def __reduce__(self):
        return os.mkdir, ("ran-something",)


def test_weights_that_cannot_be_used(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = build("simple_resnet18")
    with pytest.raises(InputError, match="no such file"):
        load_backbone(model, tmp_path / "none.pth")
    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"conv1.weight": Evil()}))
    with pytest.raises(InputError, match="not a file of plain tensors"):
        load_backbone(model, tmp_path / "evil.pth")
    assert not (tmp_path / "ran-something").exists()
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(InputError, match="not a state dict"):
        load_backbone(model, tmp_path / "list.pth")
    torch.save(torchvision.models.resnet34(weights=None).state_dict(), tmp_path / "r34.pth")
    with pytest.raises(InputError, match="not the weights of this backbone") as caught:
        load_backbone(model, tmp_path / "r34.pth")
    assert "train.network" in caught.value.next_step
