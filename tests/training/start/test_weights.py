"""Weights are taken over by the names of the joints, and what does not fit is refused."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision
from pydantic import ValidationError

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton, get_skeleton
from training.codecs.codec import Knobs
from training.start.shipped import WEIGHTS, shipped_networks, start_file, worthwhile
from training.start.weights import load_start, matched
from training.systems.build import build_model
from training.systems.check import check_joints, check_networks
from training.systems.checkpoint import FILE, NetworkCard, read_card, save_network
from training.systems.system import PoseModel
from training.systems.table import SYSTEMS
from training.train_settings import NetworkSettings, TrainSettings

BODY, LSP = get_skeleton("body21"), get_skeleton("lsp14")


def build(skeleton: Skeleton, seed: int, **options: object) -> PoseModel:
    return build_model("simple_tiny", skeleton, seed, Knobs(), options=options)


def saved(folder: Path, model: PoseModel, network: str = "simple_tiny") -> Path:
    card = NetworkCard(network, model.skeleton.name, model.skeleton.keypoints, (64, 64), "box", 1.25, "start")
    save_network(folder, model.network, card)
    return folder / FILE


def test_names_of_one_place_match():
    assert matched(("head_bottom", "left_knee", "tail"), ("left_knee", "right_knee", "neck")) == [2, 0, None]
    assert matched(("nose", "head"), ("head", "nose")) == [1, 0]


def test_joints_are_matched_by_name_and_the_others_stay_as_they_were_drawn(tmp_path: Path):
    dog = replace(LSP, name="dog", keypoints=("tail", *LSP.keypoints[1:]), limbs=())
    given, model = build(BODY, 1), build(dog, 2)
    before = model.network.state_dict()["head.weight"].clone()
    started = load_start(model, "simple_tiny", saved(tmp_path, given))
    assert started.drawn == ("tail",)
    assert started.joints == dog.keypoints[1:]
    head, source = model.network.state_dict()["head.weight"], given.network.state_dict()["head.weight"]
    assert torch.equal(head[0], before[0])
    for row, name in enumerate(dog.keypoints[1:], 1):
        assert torch.equal(head[row], source[BODY.keypoints.index({"head_bottom": "neck"}.get(name, name))])
    deep = "backbone.stem.0.weight"
    assert torch.equal(model.network.state_dict()[deep], given.network.state_dict()[deep])


@pytest.mark.parametrize("name", ["cpn_tiny", "hrnet_tiny", "hourglass_tiny", "cpm_tiny"])
def test_systems_of_several_outputs_start_from_other_joints(tmp_path: Path, name: str):
    """All their heads are matched; layers that read maps start from chance where the maps are others, else from the file."""
    coco = get_skeleton("coco17")
    given = build_model(name, coco, 1, Knobs())
    same, other = build_model(name, coco, 2, Knobs()), build_model(name, LSP, 2, Knobs())
    path, drawn = saved(tmp_path, given, name), {n: v.clone() for n, v in other.network.state_dict().items()}
    load_start(same, name, path)
    assert all(torch.equal(v, given.network.state_dict()[n]) for n, v in same.network.state_dict().items())
    assert load_start(other, name, path).drawn == ("head_bottom", "head_top")
    for key, value in other.network.state_dict().items():
        layer, source = key.rpartition(".")[0], given.network.state_dict()[key]
        if layer in other.system.heads:
            assert torch.equal(value[LSP.index("left_knee")], source[coco.index("left_knee")])
            assert torch.equal(value[LSP.index("head_top")], drawn[key][LSP.index("head_top")])
            assert torch.equal(value[14:], source[17:])  # the background
        elif layer.startswith(other.system.reads_maps):
            assert torch.equal(value, drawn[key])
        else:
            assert torch.equal(value, source)


def test_layers_that_read_maps_start_from_chance_where_as_many_joints_are_others(tmp_path: Path):
    coco, turned = get_skeleton("coco17"), replace(get_skeleton("coco17"), keypoints=get_skeleton("coco17").keypoints[::-1])
    given, other = build_model("hourglass_tiny", coco, 1, Knobs()), build_model("hourglass_tiny", turned, 2, Knobs())
    drawn = {n: v.clone() for n, v in other.network.state_dict().items() if n.startswith("from_maps")}
    assert not load_start(other, "hourglass_tiny", saved(tmp_path, given, "hourglass_tiny")).drawn
    assert drawn
    assert all(torch.equal(other.network.state_dict()[n], v) for n, v in drawn.items())


def test_half_precision_comes_back_as_single(tmp_path: Path):
    given = build(BODY, 1)
    given.network.half()
    model = build(BODY, 2)
    load_start(model, "simple_tiny", saved(tmp_path, given))
    assert {v.dtype for v in model.network.parameters()} == {torch.float32}
    assert torch.equal(model.network.head.weight, given.network.head.weight.float())  # type: ignore[union-attr]


def test_what_does_not_fit_is_refused(tmp_path: Path):
    path = saved(tmp_path, build(BODY, 1))
    with pytest.raises(InputError, match="do not fit this network"):
        load_start(build(BODY, 2, deconv_channels=[8, 8, 8]), "simple_tiny", path)
    with pytest.raises(InputError, match="weights of simple_tiny, the network is simple_small"):
        load_start(build(BODY, 2), "simple_small", path)
    with pytest.raises(InputError, match="no such file"):
        load_start(build(BODY, 2), "simple_tiny", tmp_path / "none.safetensors")
    hostile = tmp_path / "hostile.safetensors"
    torch.save({"weights": torch.zeros(2)}, hostile)
    with pytest.raises(InputError, match="not a trained network"):
        load_start(build(BODY, 2), "simple_tiny", hostile)


@pytest.mark.parametrize("name", SYSTEMS.own)
def test_heads_are_what_changes_with_the_number_of_joints(name: str):
    with torch.device("meta"):
        few, many = (build_model(name, s, 0, Knobs()).network.state_dict() for s in (LSP, BODY))
    system = SYSTEMS.load(name)
    changing = {n for n in few if few[n].shape != many[n].shape}
    of_heads, of_readers = (
        {n for n in few if n.startswith(tuple(f"{p}." for p in part))} for part in (system.heads, system.reads_maps)
    )
    assert changing == of_heads | (of_readers & changing)


@pytest.mark.parametrize("name", shipped_networks())
def test_shipped_weights_fit_their_network(name: str):
    path = start_file(NetworkSettings(network=name))
    assert path == WEIGHTS / f"{name}.safetensors"
    assert load_start(build_model(name, LSP, 0, Knobs()), name, path).drawn == ()
    assert read_card(path).keypoints == BODY.keypoints


def test_shipped_weights_are_small():
    assert shipped_networks() == ("simple_small", "simple_tiny")
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) <= 8 * 2**20


def test_a_wrong_backbone_is_refused_before_anything_runs(tmp_path: Path):
    fits, other, hostile = tmp_path / "r18.pth", tmp_path / "r34.pth", tmp_path / "hostile.pth"
    torch.save(torchvision.models.resnet18(weights=None).state_dict(), fits)
    torch.save({"conv1.weight": torch.zeros(1)}, other)
    hostile.write_bytes(pickle.dumps({"conv1.weight": Evil()}))
    check_networks(TrainSettings(network="simple_resnet18", weights=fits))
    with pytest.raises(InputError, match="not the weights of this backbone"):
        check_networks(TrainSettings(network="cpn_resnet50", weights=fits))
    with pytest.raises(InputError, match="not the weights of this backbone"):
        check_networks(TrainSettings(network="hrnet_w32", weights=other))
    with pytest.raises(InputError, match=r"not a file of plain tensors \(it asks for Python objects"):
        check_networks(TrainSettings(network="cpm_vgg", weights=hostile, input_size=(64, 64)))
    with pytest.raises(InputError, match="no backbone that ImageNet weights fit"):
        check_networks(TrainSettings(network="hourglass_2", weights=fits, input_size=(64, 64)))


@pytest.mark.parametrize(
    ("network", "size", "said"),
    [
        ("hourglass_tiny", (96, 96), r"multiples of 64.*"),
        ("cpm_vgg", (100, 96), "multiples of 8"),
        ("hrnet_w32", (200, 96), "of 32"),
    ],
)
def test_an_input_that_a_system_cannot_take_is_refused_before_anything_runs(network: str, size: tuple[int, int], said: str):
    with pytest.raises(InputError, match=said):
        check_networks(TrainSettings(network=network, input_size=size))


def test_more_mined_joints_than_people_have_are_refused_before_anything_runs():
    train = TrainSettings(network="cpn_tiny", options={"hardest": 15})
    check_joints(train, get_skeleton("coco17"))
    with pytest.raises(InputError, match="hardest = 15: lsp14 has 14 keypoints"):
        check_joints(train, LSP)
    with pytest.raises(ValidationError, match=r"options\.hardest: .*greater than or equal to 1"):
        TrainSettings(network="cpn_tiny", options={"hardest": 0})


class Evil:
    def __reduce__(self):
        return os.mkdir, ("ran-something",)


def test_a_wrong_file_is_refused_before_anything_runs(tmp_path: Path):
    path = saved(tmp_path, build(BODY, 1))
    check_networks(TrainSettings(network="simple_tiny", start=str(path)))
    with pytest.raises(InputError, match="weights of simple_tiny, the network is simple_small"):
        check_networks(TrainSettings(network="simple_small", start=str(path)))
    with pytest.raises(InputError, match="rendr: no such file") as caught:
        check_networks(TrainSettings(network="simple_tiny", start="rendr"))
    assert caught.value.next_step == "a path, or one of render, shipped, scratch, auto"


def test_which_file_a_network_starts_from():
    assert start_file(NetworkSettings(network="simple_tiny", start="scratch")) is None
    assert start_file(NetworkSettings(network="simple_resnet50")) is None
    assert (
        start_file(NetworkSettings(network="simple_tiny", start="~/mine.safetensors")) == Path("~/mine.safetensors").expanduser()
    )
    with pytest.raises(InputError, match="no weights are shipped for simple_resnet50"):
        start_file(NetworkSettings(network="simple_resnet50", start="shipped"))
    with pytest.raises(InputError, match="with options or a codec"):
        start_file(NetworkSettings(network="simple_tiny", start="shipped", options={"deconv_channels": [8, 8, 8]}))


def test_large_sets_start_from_chance_unless_asked():
    assert worthwhile(NetworkSettings(), range(3000))
    assert not worthwhile(NetworkSettings(), range(118_000))
    assert worthwhile(NetworkSettings(start="shipped"), range(118_000))
