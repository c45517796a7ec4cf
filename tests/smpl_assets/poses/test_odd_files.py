"""Motion files as people have them: damaged, converted, of other programs; each is read alike or named with its cause."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from smpl_assets.errors import InputError
from smpl_assets.poses import amass, bvh, deepmimic
from smpl_assets.poses.bvh_names import recognise
from smpl_assets.poses.clips import read_clips
from smpl_assets.poses.settings import PoseFiles
from smpl_assets.rotations import matrix_from_axis_angle
from tests.smpl_assets.poses.clips import write_bvh, write_deepmimic
from tests.smpl_assets.poses.rigs import ASKED, RIGS, joints_of

FRAMES = 6


@pytest.fixture
def text(tmp_path: Path) -> str:
    return write_bvh(tmp_path / "plain.bvh", FRAMES, seed=0).read_text()


def _read(path: Path, content: bytes) -> bvh.Clip:
    path.write_bytes(content)
    return bvh.read_clip(path)


def _blank(text: str) -> str:
    return "\n\n" + text.replace("\n", "\n \n\t\n")


def _wrapped(text: str) -> str:
    head, _, tail = text.partition(".0083333\n")
    lines = [word if n % 7 else f"\n{word}" for line in tail.splitlines() for n, word in enumerate(line.split())]
    return head + ".0083333\n" + " ".join(lines) + "\n"


SAME: dict[str, Callable[[str], bytes]] = {
    "blank lines": lambda t: _blank(t).encode(),
    "CRLF": lambda t: t.replace("\n", "\r\n").encode(),
    "CR alone": lambda t: t.replace("\n", "\r").encode(),
    "byte order mark": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "UTF-16": lambda t: t.encode("utf-16"),
    "latin-1, another name of the root": lambda t: t.replace("Hips", "H\xfcfte").encode("latin-1"),
    "lower case keywords": lambda t: t.replace("HIERARCHY", "Hierarchy").replace("MOTION", "motion").encode(),
    "lower case joints": lambda t: t.replace("JOINT", "Joint").replace("ROOT", "Root").encode(),
    "lower case channels": lambda t: t.replace("Xrotation", "xrotation").replace("OFFSET", "Offset").encode(),
    "brace on the joint's line": lambda t: t.replace("HIERARCHY\nROOT Hips\n{", "HIERARCHY\nROOT Hips {").encode(),
    "no space after colons": lambda t: t.replace("Frames: ", "Frames:").replace("Time: ", "Time:\t").encode(),
    "frames over several lines": lambda t: _wrapped(t).encode(),
    "mixamorig:": lambda t: t.replace("ROOT ", "ROOT mixamorig:").replace("JOINT ", "JOINT mixamorig:").encode(),
    "mixamorig": lambda t: t.replace("ROOT ", "ROOT mixamorig").replace("JOINT ", "JOINT mixamorig").encode(),
    "namespace with spaces": lambda t: t.replace("ROOT ", "ROOT my actor:").replace("JOINT ", "JOINT my actor:").encode(),
    "Character1_": lambda t: t.replace("ROOT ", "ROOT Character1_").replace("JOINT ", "JOINT Character1_").encode(),
}  # fmt: skip


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_changes_nothing_about_the_motion_is_read_alike(tmp_path: Path, text: str, change: Callable[[str], bytes]) -> None:
    plain, odd = bvh.read_clip(tmp_path / "plain.bvh"), _read(tmp_path / "odd.bvh", change(text))
    assert len(plain) == FRAMES
    assert torch.equal(plain.body_pose, odd.body_pose)
    assert torch.equal(plain.root, odd.root)


def _turned(text: str, change: Callable[[float, float, float], tuple[float, float, float]]) -> str:
    """The same skeleton with its rest posture along other axes, at rest throughout."""
    lines = []
    for line in text.partition("MOTION")[0].splitlines():
        word, *rest = line.split()
        if word == "OFFSET":
            line = "OFFSET " + " ".join(map(str, change(*(float(r) for r in rest))))
        lines.append(line)
    channels = 3 + 3 * 17
    return "\n".join([*lines, "MOTION", "Frames: 1", "Frame Time: .03", " ".join(["0"] * channels)]) + "\n"


@pytest.mark.parametrize(
    "change",
    [lambda x, y, z: (x, y, z), lambda x, y, z: (x, -z, y), lambda x, y, z: (-x, z, y), lambda x, y, z: (-x, y, -z)],
    ids=["y up", "z up, facing -y", "z up, facing y", "facing -z"],
)
def test_a_rest_posture_along_other_axes_stands_upright(tmp_path: Path, text: str, change: Callable) -> None:
    clip = _read(tmp_path / "turned.bvh", _turned(text, change).encode())
    plain = _read(tmp_path / "straight.bvh", _turned(text, lambda x, y, z: (x, y, z)).encode())
    assert torch.allclose(clip.root[0], torch.eye(3), atol=1e-6)
    assert torch.allclose(clip.body_pose, plain.body_pose, atol=1e-5)


def _commas(text: str) -> bytes:
    head, time, motion = text.partition(".0083333\n")
    return (head + time + motion.replace(".", ",")).encode()


DAMAGED: dict[str, tuple[Callable[[str], bytes], str]] = {
    "decimal commas": (_commas, r"line 110: '-?\d+,\d+' is written with a decimal comma"),
    "decimal commas everywhere": (lambda t: t.replace(".", ",").encode(), r"line \d+: '1,2' is written with a decimal comma"),
    "fewer frames": (lambda t: t.replace("Frames: 6", "Frames: 50").encode(), "50 frames promised, 6 there"),
    "more frames": (lambda t: t.replace("Frames: 6", "Frames: 4").encode(), "4 frames promised, 6 there"),
    "no frames": (lambda t: t.replace("Frames: 6", "Frames: 0").encode(), "at least one frame"),
    "half a frame": (lambda t: t.replace("Frames: 6", "Frames: 6.5").encode(), "at least one frame"),
    "frame time 0": (lambda t: t.replace(".0083333", "0").encode(), r"line \d+: 'Frame Time: 0'"),
    "frame time below 0": (lambda t: t.replace(".0083333", "-1").encode(), "Frame Time: -1"),
    "frame time NaN": (lambda t: t.replace(".0083333", "nan").encode(), r"line \d+: NaN"),
    "frame time left out": (lambda t: t.replace("Frame Time: .0083333\n", "").encode(), "'Frame Time: number' should be"),
    "Microsoft's NaN": (lambda t: (t.rsplit(" ", 1)[0] + " -1.#IND\n").encode(), r"line 115: '-1\.#IND' is no number"),
    "infinite": (lambda t: (t.rsplit(" ", 1)[0] + " inf\n").encode(), "line 115: NaN or an infinite number"),
    "a number missing": (lambda t: (t.rsplit(" ", 1)[0] + "\n").encode(), "line 115: 53 numbers, a frame has 54"),
    "cut off in the motion": (lambda t: t[: int(len(t) * 0.97)].encode(), "line 115|frames promised"),
    "cut off in the hierarchy": (lambda t: t[:400].encode(), "MOTION"),
    "a brace missing": (lambda t: t.replace("}\n\tJOINT Chest", "\n\tJOINT Chest").encode(), "a brace is missing"),
    "a brace too many": (lambda t: t.replace("MOTION", "}\nMOTION").encode(), "line .* is not BVH"),
    "unknown channel": (lambda t: t.replace("Yrotation", "Wrotation", 1).encode(), "channels such as Xrotation"),
    "channels miscounted": (lambda t: t.replace("CHANNELS 3", "CHANNELS 4", 1).encode(), "4 channels"),
    "offset of two numbers": (lambda t: t.replace("OFFSET 0 2 0", "OFFSET 0 2").encode(), "three numbers"),
    "an axis twice": (lambda t: t.replace("Zrotation Yrotation", "Zrotation Zrotation").encode(), "three axes"),
    "no thighs": (lambda t: t.replace("2.5 -6.9 0", "0 0 0").replace("-0 0 0", "0 0 0").encode(), "standing body"),
    "a web page": (lambda t: b"<html><body>404", "a web page"),
    "a git-LFS pointer": (lambda t: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a git-LFS pointer"),
    "an FBX": (lambda t: b"Kaydara FBX Binary  \x00\x1a\x00", "an FBX file"),
    "empty": (lambda t: b"", "an empty file"),
    "another skeleton": (lambda t: t.replace("LeftElbow", "LeftWing").encode(), "no joint found for left_elbow among Hips"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "says"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, change: Callable[[str], bytes], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        _read(tmp_path / "odd.bvh", change(text))
    assert "odd.bvh" in caught.value.what
    assert caught.value.next_step


_LEFT = re.compile(r"Right|(?<![A-Za-z])R(?![a-z])|(?<![A-Za-z])r(?=[A-Z])|(?<=_)r$")


@pytest.mark.parametrize(("rig", "right"), RIGS.values(), ids=RIGS)
def test_joints_of_other_programs_are_recognised(rig: str, right: tuple[str, ...]) -> None:
    names, parents = joints_of(rig)
    found = {joint: names[number] for joint, number in recognise(names, parents).items()}
    assert tuple(found.get(joint, "") for joint in ASKED) == right
    for joint, name in found.items():
        if joint.startswith("right_"):
            assert found[joint.replace("right", "left")] == _LEFT.sub(lambda m: {"Right": "Left", "R": "L", "r": "l"}[m[0]], name)


def test_files_of_any_case_are_found_and_hidden_ones_are_not(tmp_path: Path) -> None:
    write_bvh(tmp_path / "Walk.BVH", 3, seed=0)
    (tmp_path / "._Walk.BVH").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "folder.bvh").mkdir()
    clips, left_out = read_clips(PoseFiles(format="bvh", path=str(tmp_path)))
    assert [c.name for c in clips] == ["Walk"]
    assert left_out == []


def test_nothing_usable_names_the_first_cause_and_how_many(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.bvh").write_text("<html>")
    with pytest.raises(InputError, match=r"a\.bvh: not a BVH file.*web page.*\(and 2 more files\)"):
        read_clips(PoseFiles(format="bvh", path=str(tmp_path)))


POSES = np.random.default_rng(0).normal(size=(5, 72)) * 0.3


def _arrays(path: Path, **arrays: object) -> bvh.Clip:
    np.savez(path, **arrays)
    return amass.read_clip(path)


def _matrices(axis_angle: np.ndarray) -> np.ndarray:
    return matrix_from_axis_angle(torch.from_numpy(axis_angle).unflatten(1, (-1, 3))).numpy()


@pytest.mark.parametrize(
    "arrays",
    [
        {"poses": POSES},
        {"pose": POSES.astype(np.float32)},
        {"poses": POSES.reshape(5, 24, 3)},
        {"body_pose": POSES[:, 3:], "global_orient": POSES[:, :3]},
        {"pose_body": POSES[:, 3:], "root_orient": POSES[:, :3]},
        {"body_pose": POSES[:, 3:].reshape(5, 23, 3), "global_orient": POSES[:, :3].reshape(5, 1, 3)},
        {"body_pose": _matrices(POSES[:, 3:]), "global_orient": _matrices(POSES[:, :3])},
        {"poses": POSES, "gender": np.array({"a": "dictionary"}, dtype=object), "betas": np.zeros(10)},
    ],
    ids=["poses", "pose", "(T, 24, 3)", "body_pose", "pose_body", "(T, 23, 3)", "matrices", "objects beside it"],
)
def test_the_layouts_of_smpl_poses_are_read_alike(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    clip = _arrays(tmp_path / "clip.npz", **arrays)
    right = _matrices(POSES)
    assert np.allclose(clip.root, right[:, 0], atol=1e-5)
    assert np.allclose(clip.body_pose, right[:, 1:], atol=1e-5)


def test_a_rate_may_be_a_number_in_a_list(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", poses=np.zeros((120, 72)), mocap_framerate=np.array([120]))
    assert len(amass.read_clip(tmp_path / "a.npz", 30.0)) == 30


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"betas": np.zeros(10), "trans": np.zeros((5, 3))}, r"no poses or body_pose .* there is betas \(10,\), trans \(5, 3\)"),
        ({"poses": np.zeros((5, 50))}, r"poses \(5, 50\) has 50 numbers a pose; 63, 69, 72, 156 or 165"),
        ({"body_pose": np.zeros((5, 72))}, r"body_pose \(5, 72\) has 72 numbers a pose; 63 or 69"),
        ({"poses": np.zeros((0, 72))}, r"shape \(0, 72\)"),
        ({"poses": np.zeros(72)}, r"shape \(72,\)"),
        ({"poses": np.full((5, 72), "x")}, "of type <U1"),
        ({"body_pose": np.zeros((5, 69)), "global_orient": np.zeros((4, 3))}, r"global_orient \(4, 3\) for body_pose \(5, 69\)"),
        ({"body_pose": np.zeros((5, 69)), "global_orient": np.zeros((5, 4))}, r"global_orient \(5, 4\)"),
        ({"body_pose": np.zeros((5, 69)), "global_orient": np.full((5, 3), "x")}, "global_orient of type <U1"),
        ({"poses": np.where(np.arange(5)[:, None] == 3, np.nan, np.zeros((5, 72)))}, "first in frame 3"),
        ({"poses": np.zeros((5, 72)), "mocap_framerate": 0.0}, "mocap_framerate is 0, frames a second expected"),
        ({"poses": np.zeros((5, 72)), "mocap_framerate": np.nan}, "mocap_framerate is nan"),
        ({"poses": np.zeros((5, 72)), "mocap_frame_rate": np.array([1, 2])}, r"mocap_frame_rate \(2,\) is not one number"),
        ({"poses": np.zeros((5, 72)), "mocap_framerate": "fast"}, "is not one number"),
        ({"poses": np.rad2deg(POSES)}, "poses turns a joint by .* rad in every other frame: these are degrees"),
        ({"body_pose": np.full((5, 23, 3, 3), 0.5)}, r"matrices that are no rotations, first in frame 0"),
        ({"poses": np.array([{}, 1], dtype=object)}, "'poses' holds Python objects"),
    ],
)
def test_the_arrays_met_and_wanted_are_named(tmp_path: Path, arrays: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        _arrays(tmp_path / "clip.npz", **arrays)
    assert "clip.npz" in caught.value.what


def _corrupt(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(b ^ 0xFF for b in content[middle : middle + 200]) + content[middle + 200 :]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda b: b[: len(b) // 2], "damaged or cut off"),
        (_corrupt, "damaged or cut off"),
        (lambda b: b"", "an empty file"),
        (lambda b: b"<!doctype html>", "a web page"),
        (lambda b: bytes(500), "nothing but zeros"),
        (lambda b: b"version https://git-lfs.github.com/spec/v1\n", "a git-LFS pointer"),
        (lambda b: b.replace(b"\n", b"\r\n"), "damaged or cut off"),
    ],
)
def test_a_damaged_archive_says_what_it_looks_like(tmp_path: Path, damage: Callable, says: str, compressed: bool) -> None:
    path = tmp_path / "clip.npz"
    (np.savez_compressed if compressed else np.savez)(path, poses=np.random.default_rng(0).normal(size=(40, 72)))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=says):
        amass.read_clip(path)


def test_a_zip_of_motions_and_an_array_that_claims_too_much(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zip.npz", "w") as archive:
        archive.writestr("walk.bvh", "HIERARCHY")
        archive.writestr("run.bvh", "HIERARCHY")
    with pytest.raises(InputError, match=r"a zip archive of walk\.bvh, run\.bvh"):
        amass.read_clip(tmp_path / "zip.npz")
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000, 72), }"
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("poses.npy", b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n")
    with pytest.raises(InputError, match=r"huge\.npz"):
        amass.read_clip(tmp_path / "huge.npz")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d | {"Frames": []}, "no list of frames"),
        (lambda d: d | {"Frames": [*d["Frames"], [1, 2]]}, "frame 4 is 2 numbers, 44 expected"),
        (lambda d: d | {"Frames": [*d["Frames"], "x"]}, "frame 4 is a str"),
        (lambda d: d | {"Frames": [*d["Frames"], ["x"] * 44]}, "no number"),
        (lambda d: d | {"Frames": [*d["Frames"], [float("nan")] * 44]}, "in frame 4"),
    ],
)
def test_a_deepmimic_frame_that_is_wrong_is_named(tmp_path: Path, change: Callable[[dict], dict], says: str) -> None:
    path = write_deepmimic(tmp_path / "clip.txt", frames=4, seed=0)
    path.write_text("\ufeff" + json.dumps(change(json.loads(path.read_text()))), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        deepmimic.read_clip(path)


def test_a_deepmimic_clip_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = write_deepmimic(tmp_path / "clip.txt", frames=4, seed=0)
    before = deepmimic.read_frames(path)
    path.write_text("\ufeff" + path.read_text(), encoding="utf-8")
    assert np.array_equal(deepmimic.read_frames(path), before)
