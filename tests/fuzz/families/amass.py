"""AMASS archives and plain arrays of SMPL poses: arrays of other shapes, damaged archives, bombs, pickles."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from smpl_assets.poses.clips import read_clips
from smpl_assets.poses.settings import PoseFiles
from tests.fuzz.arrays import spoil_array
from tests.fuzz.case import Case, Family
from tests.fuzz.families.bvh import judge
from tests.fuzz.hostile import hostile_pickle
from tests.fuzz.raw import spoil_bytes

FRAMES = 6


def _archive(random: Random) -> dict[str, np.ndarray]:
    poses = np.random.default_rng(random.randrange(100)).normal(size=(FRAMES, random.choice((72, 156, 165)))) * 0.4
    return {"poses": poses, "trans": np.zeros((FRAMES, 3)), "betas": np.zeros(16), "gender": np.array("male"),
            "dmpls": np.zeros((FRAMES, 8)),
            random.choice(("mocap_framerate", "mocap_frame_rate")): np.array(random.choice((120.0, 60, 30.0)))}  # fmt: skip


def _separate(random: Random) -> dict[str, np.ndarray]:
    return {"body_pose": np.full((FRAMES, random.choice((63, 69))), 0.1), "global_orient": np.full((FRAMES, 3), 0.2)}


def _npy_claiming(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """A header without its data."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": kind, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + bytes(64)


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=9) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


@cache
def _bomb() -> bytes:
    """2 GB of zeros in a few MB."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("poses.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (3_500_000, 72)})
        block = bytes(1 << 24)
        for _ in range(3_500_000 * 72 * 8 // len(block) + 1):
            member.write(block)
    return buffer.getvalue()


def build(random: Random, folder: Path) -> Case:
    """A spoilt array, archive, or one that is meant badly."""
    kind, done, harmless = random.random(), [], False
    suffix, data = ".npz", b""
    buffer = io.BytesIO()
    if kind < 0.12:
        np.savez(buffer, **_archive(random))
        data, harmless = buffer.getvalue(), True
        done.append("nothing")
    elif kind < 0.6:
        arrays = (_archive if random.random() < 0.7 else _separate)(random)
        done += [spoil_array(random, arrays) for _ in range(random.choice((1, 1, 2, 3)))]
        np.savez(buffer, allow_pickle=False, **{n or "x": a for n, a in arrays.items()})
        data = buffer.getvalue()
    elif kind < 0.85:
        plain = random.random() < 0.4
        suffix = ".npy" if plain else ".npz"
        if plain:
            np.save(buffer, np.full((FRAMES, random.choice((72, 69))), 0.1))
        else:
            (np.savez_compressed if random.random() < 0.5 else np.savez)(buffer, **_archive(random))
        data = buffer.getvalue()
        for _ in range(random.choice((1, 1, 3))):
            data, what = spoil_bytes(random, data)
            done.append(what)
    else:
        suffix, data, what = _mean(random, folder)
        done.append(what)
    path = folder / f"walk_poses{suffix}"
    path.write_bytes(data)
    files = PoseFiles(
        format=random.choice(("amass", "smpl")) if suffix == ".npz" else "smpl",
        path=str(path),
        frames_per_second=random.choice((0.0, 30.0)),
    )
    return Case(done, lambda: read_clips(files), judge, harmless)


def _mean(random: Random, folder: Path) -> tuple[str, bytes, str]:
    """Suffix, content and name of an archive with bad intentions."""
    kind = random.choice(
        ("pickle", "pickle", "object array", "claims", "claims", "members", "bomb" if random.random() < 0.1 else "claims")
    )
    if kind == "pickle":
        data, what = hostile_pickle(random, folder)
        return random.choice((".npy", ".npz")), data, f"a pickle: {what}"
    if kind == "object array":
        inside, what = hostile_pickle(random, folder)
        header = _npy_claiming((1,), "|O")[:-64]
        return ".npz", _zip({"poses.npy": header + inside}), f"an object array: {what}"
    if kind == "claims":
        shape = random.choice(((10**12, 72), (10**9, 72), (2**62, 72), (2**63, 4), (-1, 72), (3, 2**61), (0, 72), (10**8, 72)))
        data = _npy_claiming(shape, random.choice(("<f8", "<f4", "|V100000", "<U100000")))
        return *random.choice(((".npy", data), (".npz", _zip({"poses.npy": data})))), f"claims shape {shape}"
    if kind == "bomb":
        return ".npz", _bomb(), "2 GB of zeros"
    names = {"../../poses.npy": b"x", "/etc/poses.npy": b"x", "poses": b"text", "poses.npy": b"", "poses.npy ": b"\x93NUMPY"}
    return ".npz", _zip(names, zipfile.ZIP_STORED), "odd members"


FAMILY = Family("amass", build)
