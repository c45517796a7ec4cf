"""The tracker's network: its size, its shapes, and OpenPose's weights in it."""

import pickle

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file
from torch import nn

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS
from training.systems.pixels import normalise
from training.tracking.network import DilatedConv2d, build_network, reach_px
from training.tracking.network_settings import TmlOptions
from training.tracking.openpose import JOINTS, LIMBS, affinity_channels, heat_channels, load_openpose
from training.tracking.settings import TrackSettings
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.start import weights_file
from training.tracking.train_settings import TmlTrainSettings
from training.tracking.trunk import load_trunk

PERSON = limbs_of(SKELETONS["posetrack15"])


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def build(**options):
    return build_network(PERSON, TmlOptions(**options), 0)


@pytest.fixture(scope="module")
def full():
    return build(system="tml_vgg19")


def test_the_full_network_has_the_parameters_of_the_specification(full):
    assert count(full.backbone) == 7_340_480
    assert round(count(full.spatial) / 1e6, 2) == 6.17
    assert round(count(full.temporal) / 1e6, 2) == 2.20
    assert round(count(full) / 1e6, 1) == 15.7


@pytest.mark.parametrize(("stages", "millions"), [(1, 0.71), (6, 4.43)])
def test_the_temporal_part_of_the_ablations(stages, millions):
    network = build(system="tml_vgg19", stages=1, temporal_stages=stages)
    assert round(count(network.temporal) / 1e6, 2) == millions


def test_openpose_s_kernels_have_openpose_s_size():
    assert round(count(build(system="tml_vgg19", kernel="7x7", temporal_stages=1).spatial) / 1e6, 1) == 44.1


def test_the_narrow_network_has_about_half_a_million():
    assert count(build(heads=("limbs", "accumulated", "joints"))) == 498_456


def test_networks_on_the_features_of_pose_networks_have_theirs():
    tiny = build(system="tml_tiny", heads=("limbs", "accumulated", "joints"))
    assert (count(tiny.backbone), count(tiny)) == (811_712, 1_321_424)


@pytest.mark.parametrize("system", ["tml_vgg19", "tml_narrow", "tml_tiny", "tml_small"])
def test_maps_have_the_grid_of_the_stride(system):
    network, picture = build(system=system, stages=2, heads=("joints", "limbs")), torch.zeros(2, 3, 32, 64)
    first, second, flow = network(picture, picture)
    grid = (32 // network.options.stride, 64 // network.options.stride)
    assert [tuple(m.shape) for m in (first.heat[-1], second.affinity[0])] == [(2, 16, *grid), (2, 28, *grid)]
    assert {head: tuple(maps[-1].shape) for head, maps in flow.items()} == {"joints": (2, 30, *grid), "limbs": (2, 28, *grid)}
    assert len(flow["limbs"]) == (3 if system == "tml_vgg19" else 2)


def test_flow_teaches_the_spatial_part_of_both_frames():
    network = build()
    pictures = [torch.rand(1, 3, 32, 32, requires_grad=True) for _ in range(2)]
    network(*pictures)[2]["limbs"][-1].square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in pictures)
    assert all(p.grad is not None for p in network.backbone.parameters())


def test_same_seed_same_weights_and_the_reach_that_dilation_adds():
    a, b = build().state_dict(), build().state_dict()
    assert all(torch.equal(a[n], b[n]) for n in a)
    assert reach_px(TmlOptions()) == 24
    assert reach_px(TmlOptions(system="tml_vgg19")) == 72
    assert reach_px(TmlOptions(dilation=(1, 4))) == 4 * 3 * 5


@pytest.mark.parametrize("channels", [48, 232])
def test_dilated_layers_learn_in_bfloat16_as_in_float32(channels):
    torch.manual_seed(0)
    layer = DilatedConv2d(channels, 32, 3, padding=3, dilation=3).to(memory_format=torch.channels_last)
    maps = torch.randn(2, channels, 24, 32).to(memory_format=torch.channels_last)
    gradients = []
    for mixed in (True, False):
        layer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            found = layer(maps)
        found.float().square().mean().backward()
        gradients.append(layer.weight.grad.clone())
    assert (gradients[0] - gradients[1]).norm() < 0.03 * gradients[1].norm()


def test_features_start_from_the_pose_network_that_ships():
    settings = TrackSettings(network=TmlOptions(system="tml_tiny"), train=TmlTrainSettings(input_size=(64, 64)))
    file, network = weights_file(settings), build(system="tml_tiny")
    assert file is not None
    load_trunk(network.backbone, "tml_tiny", file)
    given = load_file(file)["deconvolutions.6.weight"].float()
    assert torch.equal(network.backbone.deconvolutions[6].weight, given)
    assert weights_file(settings.model_copy(update={"train": TmlTrainSettings(weights="scratch")})) is None
    with pytest.raises(InputError, match="weights of simple_tiny, the network is simple_small"):
        load_trunk(build(system="tml_small").backbone, "tml_small", file)
    with pytest.raises(ValidationError, match="multiples of 32 for tml_tiny"):
        TrackSettings(network=TmlOptions(system="tml_tiny"), train=TmlTrainSettings(input_size=(112, 144)))


def openpose(kernel=7, stages=2, joints=19, affinities=38):
    """A made state dict with OpenPose's names and shapes."""
    draw, state = torch.Generator().manual_seed(1), {}

    def layer(name, out, channels, size):
        state[f"model0.{name}.weight"] = torch.randn(out, channels, size, size, generator=draw)
        state[f"model0.{name}.bias"] = torch.randn(out, generator=draw)

    for name, module in build(system="tml_vgg19", stages=1).backbone.named_children():
        if isinstance(module, nn.Conv2d):
            layer(name, module.out_channels, module.in_channels, 3)
    for letter, out in (("L1", affinities), ("L2", joints)):
        for n, (channels, width, size) in enumerate([(128, 128, 3)] * 3 + [(128, 512, 1), (512, out, 1)]):
            layer(f"conv5_{n + 1}_CPM_{letter}", width, channels, size)
        for stage in range(2, stages + 1):
            widths = [(128 + joints + affinities, 128)] + [(128, 128)] * 5 + [(128, out)]
            for n, (channels, width) in enumerate(widths):
                layer(f"Mconv{n + 1}_stage{stage}_{letter}", width, channels, kernel if n < 5 else 1)
    return state


def test_openpose_s_outputs_and_inputs_are_matched_by_name(tmp_path):
    state, path = openpose(), tmp_path / "pose.pth"
    torch.save(state, path)
    network = build(system="tml_vgg19", stages=2, kernel="7x7")
    loaded = load_openpose(network, PERSON, path)
    assert "Mconv7_stage2_L2" in loaded.layers
    assert loaded.random == (
        "conv5_5_CPM_L1: nose-head_top", "conv5_5_CPM_L2: head_top", "Mconv7_stage2_L1: nose-head_top",
        "Mconv7_stage2_L2: head_top", "temporal part",
    )  # fmt: skip
    ours, theirs = network.spatial[1]["heat"][-1], state["model0.Mconv7_stage2_L2.weight"]
    knee = SKELETONS["posetrack15"].index("left_knee")
    assert torch.equal(ours.weight[knee], theirs[JOINTS.index("left_knee")])
    assert torch.equal(ours.weight[-1], theirs[-1])
    first, given = network.spatial[1]["affinity"][0].weight, state["model0.Mconv1_stage2_L1.weight"]
    assert torch.equal(first[:, :128], given[:, 57:])
    assert torch.equal(first[:, 128 + knee], given[:, 38 + JOINTS.index("left_knee")])
    thigh = PERSON.names.index("left_hip-left_knee")
    x = 2 * LIMBS.index(("left_hip", "left_knee"))
    assert torch.equal(first[:, 128 + 16 + 2 * thigh : 128 + 18 + 2 * thigh], given[:, x : x + 2])


def test_the_first_layer_sees_the_same_picture(tmp_path):
    state, path = openpose(stages=1), tmp_path / "pose.pth"
    torch.save(state, path)
    network = build(system="tml_vgg19", stages=1)
    load_openpose(network, PERSON, path)
    picture = torch.randint(0, 256, (1, 12, 12, 3), dtype=torch.uint8)
    bgr = picture.permute(0, 3, 1, 2).flip(1).float() / 256 - 0.5
    expected = nn.functional.conv2d(bgr, state["model0.conv1_1.weight"], state["model0.conv1_1.bias"])
    found = network.backbone[0](normalise(picture))[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_stages_of_another_kernel_stay_random_and_vgg_alone_is_taken(tmp_path):
    torch.save(openpose(), tmp_path / "pose.pth")
    loaded = load_openpose(build(system="tml_vgg19", stages=2), PERSON, tmp_path / "pose.pth")
    assert "Mconv1_stage2_L1" in loaded.random
    assert "conv4_4_CPM" in loaded.layers
    vgg = {f"features.0.{kind}": torch.zeros(shape) for kind, shape in (("weight", (64, 3, 3, 3)), ("bias", (64,)))}
    torch.save(vgg, tmp_path / "vgg.pth")
    assert load_openpose(build(system="tml_vgg19", stages=1), PERSON, tmp_path / "vgg.pth").layers == ("conv1_1",)


def test_a_limb_that_runs_the_other_way_changes_its_sign():
    coco = limbs_of(SKELETONS["coco17"])
    assert {sign for channel in affinity_channels(coco) if channel for _, sign in [channel]} <= {1.0, -1.0}
    assert heat_channels(coco)[0] == (0, 1.0)


@pytest.mark.parametrize("what", ["missing", "pickle", "other", "shape", "narrow"])
def test_files_that_cannot_be_used_are_refused(tmp_path, what):
    path = tmp_path / "w.pth"
    if what == "pickle":
        path.write_bytes(pickle.dumps({"a": print}, protocol=2))
    if what == "other":
        torch.save({"fc.weight": torch.zeros(2, 2)}, path)
    if what == "shape":
        torch.save(openpose(stages=1, joints=5), path)
    words = {
        "missing": "no such file",
        "pickle": "plain tensors",
        "other": "no layer",
        "shape": "18 joints",
        "narrow": "takes none",
    }
    network = build() if what == "narrow" else build(system="tml_vgg19", stages=1)
    with pytest.raises(InputError, match=words[what]):
        load_openpose(network, PERSON, path)
