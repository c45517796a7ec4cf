"""Files that are no network of the kind that is asked for: what they are is said, and what takes them."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from smpl_assets.errors import InputError
from smpl_assets.skeletons import SKELETONS
from training.start.shipped import WEIGHTS as POSES
from training.tracking.checkpoint import load_tracker, read_tracker_card, save_tracker, start_from
from training.tracking.combined import build_combined
from training.tracking.combined_settings import CombinedOptions
from training.tracking.live import LiveTracker
from training.tracking.network import build_network
from training.tracking.network_file import COMBINED, FILE, GRAPH, REID, write_network
from training.tracking.network_settings import TmlOptions
from training.tracking.pose_graph import PoseGraph
from training.tracking.reid import ReidNetwork
from training.tracking.skeleton_limbs import limbs_of
from training.tracking.start import WEIGHTS

SHIPPED = WEIGHTS / "tml_tiny.safetensors"
OURS, COCO = SKELETONS["posetrack15"], SKELETONS["coco17"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder of each kind of file."""
    root = tmp_path_factory.mktemp("networks")
    names = ("combined", "combined_coco", "reid", "graph", "graph_coco", "pickle", "torch", "cut", "foreign", "poses", "tml")
    found = {name: root / name for name in names}
    for folder in found.values():
        folder.mkdir()
    for name, skeleton in (("", OURS), ("_coco", COCO)):
        own = CombinedOptions()
        card = {"options": own.model_dump(mode="json"), "keypoints": skeleton.keypoints}
        state = build_combined(limbs_of(skeleton), own, 0).state_dict()
        write_network(found[f"combined{name}"] / FILE, state, COMBINED, card)
        write_network(found[f"graph{name}"] / FILE, PoseGraph(skeleton).state_dict(), GRAPH, {"keypoints": skeleton.keypoints})
    write_network(found["reid"] / FILE, ReidNetwork().state_dict(), REID, {})
    (found["pickle"] / FILE).write_bytes(pickle.dumps({"weights": [1.0]}))
    torch.save({"weights": torch.zeros(2)}, found["torch"] / FILE)
    (found["cut"] / FILE).write_bytes(SHIPPED.read_bytes()[:100_000])
    save_file({"weights": torch.zeros(2)}, found["foreign"] / FILE)
    (found["poses"] / FILE).write_bytes((POSES / "simple_tiny.safetensors").read_bytes())
    (found["tml"] / FILE).write_bytes(SHIPPED.read_bytes())
    return found


CHECKPOINTS = {
    "combined": ("but a combined tracker", "--tracker combined"),
    "reid": ("but a re-identification network", "--tracker appearance"),
    "graph": ("but a network that compares poses", "--tracker lighttrack"),
    "poses": ("but a pose network", "rarepose predict"),
    "pickle": ("but a pickle", "network.safetensors"),
    "torch": ("but a pickle", "network.safetensors"),
    "cut": ("but no whole file of safetensors", "network.safetensors"),
    "foreign": ("but weights that RarePose did not write", "track_train"),
}


@pytest.mark.parametrize("kind", CHECKPOINTS)
def test_a_checkpoint_of_another_kind_is_named_with_what_takes_it(files: dict[str, Path], kind: str) -> None:
    says, step = CHECKPOINTS[kind]
    with pytest.raises(InputError, match=says) as caught:
        LiveTracker.load(files[kind] / FILE)
    assert str(files[kind] / FILE) in caught.value.what
    assert step in caught.value.next_step
    assert "\n" not in caught.value.what


NETWORKS = [
    ("combined", "tml", "not a combined tracker, but a trained tracker"),
    ("combined", "poses", "not a combined tracker, but a pose network"),
    ("combined", "pickle", "not a combined tracker, but a pickle"),
    ("combined", "combined_coco", "other joints than those of posetrack15"),
    ("appearance", "combined", "not a re-identification network, but a combined tracker"),
    ("appearance", "torch", "not a re-identification network, but a pickle"),
    ("lighttrack", "reid", "not a network that compares poses, but a re-identification network"),
    ("lighttrack", "graph_coco", "compares other joints than those of posetrack15"),
    ("tml", "combined", "tracker tml reads no network of its own"),
    ("distance", "reid", "tracker distance reads no network of its own"),
]


@pytest.mark.parametrize(("tracker", "kind", "says"), NETWORKS)
def test_a_tracker_s_own_network_is_of_its_kind_and_skeleton(files: dict[str, Path], tracker: str, kind: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        LiveTracker.load(SHIPPED, tracker, network=files[kind])
    assert caught.value.next_step
    assert "\n" not in caught.value.what


@pytest.mark.parametrize(("tracker", "kind"), [("combined", "combined"), ("appearance", "reid"), ("lighttrack", "graph")])
def test_a_network_is_named_by_its_file_or_its_folder(files: dict[str, Path], tracker: str, kind: str) -> None:
    for path in (files[kind], files[kind] / FILE):
        assert LiveTracker.load(SHIPPED, tracker, network=path).eye.limbs.skeleton is OURS
    with pytest.raises(InputError, match="no such file"):
        LiveTracker.load(SHIPPED, tracker, network=files[kind] / "nowhere.safetensors")


CARDS = {
    "stride": ({"options": {"system": "tml_vgg19"}}, "its weights do not fit its card"),
    "version": ({"options": {"system": "tml_next"}}, "a tracker whose card is not understood"),
    "drawing": ({"drawing": {"sharpness": 1.0}}, "a tracker whose card is not understood"),
    "skeleton": ({"skeleton": "squid10"}, "finds the joints of squid10, a skeleton that is not known here"),
    "joints": ({"skeleton": "coco17"}, "finds the joints of coco17, not of coco17"),
}


@pytest.mark.parametrize("case", CARDS)
def test_a_card_that_does_not_belong_to_its_weights(case: str, tmp_path: Path) -> None:
    changes, says = CARDS[case]
    card = asdict(replace(read_tracker_card(SHIPPED), **changes))
    save_file(load_file(SHIPPED), tmp_path / FILE, metadata={"rarepose_tracker": json.dumps(card)})
    with pytest.raises(InputError, match=says) as caught:
        load_tracker(tmp_path / FILE)
    assert caught.value.next_step
    assert "\n" not in caught.value.what


def test_a_start_of_another_stride_or_system_is_refused(tmp_path: Path) -> None:
    limbs = limbs_of(OURS)
    narrow = build_network(limbs, TmlOptions(), 0)
    card = replace(read_tracker_card(SHIPPED), options=narrow.options.model_dump(mode="json"))
    save_tracker(tmp_path / FILE, narrow, card)
    for options, says in (
        (TmlOptions(system="tml_vgg19", stages=1), "weights of tml_narrow at stride 4, the network is tml_vgg19 at stride 8"),
        (TmlOptions(system="tml_tiny"), "weights of tml_narrow at stride 4, the network is tml_tiny at stride 4"),
        (TmlOptions(kernel="7x7"), "tensors do not fit this network, e.g. spatial.1"),
    ):
        with pytest.raises(InputError, match=says):
            start_from(build_network(limbs, options, 0), limbs, tmp_path / FILE)
