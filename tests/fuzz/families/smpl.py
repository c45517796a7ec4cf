"""SMPL model files: the official pickles' layout in all protocols, `.npz`, damaged ones, and pickles that want something run."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from smpl_assets.body.smpl_files import LAYOUTS, Layout, SmplArrays, read_model
from tests.fuzz.arrays import spoil_array
from tests.fuzz.case import Case, Family
from tests.fuzz.hostile import hostile_pickle
from tests.fuzz.raw import spoil_bytes

VERTICES, JOINTS = 30, 4
LAYOUTS["tiny"] = Layout(
    VERTICES, JOINTS, JOINTS, ((2,), (3,))
)  # SMPL's rules on few vertices, so that thousands of files are quick


def arrays() -> dict[str, np.ndarray]:
    """A chain of joints with a few vertices."""
    random = np.random.default_rng(0)
    weights = np.zeros((VERTICES, JOINTS))
    weights[np.arange(VERTICES), np.arange(VERTICES) % JOINTS] = 1.0
    regressor = np.zeros((JOINTS, VERTICES))
    regressor[np.arange(JOINTS), np.arange(JOINTS)] = 1.0
    return {"v_template": random.normal(size=(VERTICES, 3)), "shapedirs": random.normal(size=(VERTICES, 3, 10)) * 0.01,
            "posedirs": random.normal(size=(VERTICES, 3, 9 * (JOINTS - 1))) * 1e-3, "J_regressor": regressor, "weights": weights,
            "kintree_table": np.array([[2**32 - 1, 0, 1, 2], [0, 1, 2, 3]]),
            "f": np.stack([np.arange(VERTICES - 2), np.arange(1, VERTICES - 1), np.arange(2, VERTICES)],
            1).astype(np.uint32)}  # fmt: skip


@contextmanager
def _chumpy() -> Iterator[tuple[type, type]]:
    """Classes by chumpy's names, for as long as something is pickled with them."""
    package, module = types.ModuleType("chumpy"), types.ModuleType("chumpy.ch")

    class Ch:
        def __init__(self, x: Any) -> None:
            self.x = x

    class Select:
        def __init__(self, a: Any, idxs: Any, shape: Any) -> None:
            self.a, self.idxs, self.preferred_shape = a, idxs, shape

    for kind in (Ch, Select):
        kind.__module__, kind.__qualname__ = "chumpy.ch", kind.__name__
        setattr(module, kind.__name__, kind)
    before = {n: sys.modules.get(n) for n in ("chumpy", "chumpy.ch")}
    sys.modules.update({"chumpy": package, "chumpy.ch": module})
    try:
        yield Ch, Select
    finally:
        for name, old in before.items():
            if old is None:
                del sys.modules[name]
            else:
                sys.modules[name] = old


def pickled(content: dict[str, Any], random: Random) -> tuple[bytes, str]:
    """As the official files have it: some arrays chumpy's, the regressor sparse, in any protocol."""
    protocol, made = random.choice((0, 1, 2, 2, 2, 3, 4, 5)), dict(content)
    with _chumpy() as (ch, select):
        for name in ("v_template", "posedirs", "weights"):
            if name in made and random.random() < 0.5:
                made[name] = ch(np.asfortranarray(made[name]) if random.random() < 0.5 else made[name])
        shapes = made.get("shapedirs")
        if isinstance(shapes, np.ndarray) and random.random() < 0.4:
            made["shapedirs"] = select(ch(shapes.ravel()), np.arange(shapes.size), shapes.shape)
        regressor = made.get("J_regressor")
        if (
            isinstance(regressor, np.ndarray)
            and regressor.ndim == 2
            and regressor.dtype.char in "fdilILqQ"
            and random.random() < 0.6
        ):
            made["J_regressor"] = random.choice((csc_matrix, csr_matrix))(regressor)
        made["bs_style"] = "lbs"
        return pickle.dumps(made, protocol), f"protocol {protocol}"


def build(random: Random, folder: Path) -> Case:
    """A spoilt, rewritten or hostile model file."""
    kind, done, harmless = random.random(), [], kind_is_harmless(random)
    suffix = ".npz" if random.random() < 0.25 else ".pkl"
    content = arrays()
    if not harmless and kind < 0.4:
        done += [spoil_array(random, content) for _ in range(random.choice((1, 1, 2)))]
    if not harmless and kind > 0.6:
        data, what = hostile_pickle(random, folder, arrays())
        suffix = random.choice((".pkl", ".pkl", ".pkl", ".npz"))
    elif suffix == ".npz":
        data, what = _npz(content), "npz"
    else:
        data, what = pickled(content, random)
    done.append(what)
    if not harmless and 0.35 < kind < 0.7:
        for _ in range(random.choice((1, 1, 2, 3))):
            data, what = spoil_bytes(random, data)
            done.append(what)
    path = folder / f"SMPL_NEUTRAL{suffix}"
    path.write_bytes(data)
    return Case(done, lambda: read_model("tiny", path), lambda model: _judge(model, harmless), harmless)


def kind_is_harmless(random: Random) -> bool:
    """One file in eight is a good one."""
    return random.random() < 0.125


def _npz(content: dict[str, np.ndarray]) -> bytes:
    import io

    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{n or "x": a for n, a in content.items()})
    return buffer.getvalue()


@cache
def _truth() -> dict[str, np.ndarray]:
    """What a good file says."""
    made = arrays()
    return {"v_template": made["v_template"], "shapedirs": made["shapedirs"], "posedirs": made["posedirs"],
            "weights": made["weights"],
            "joint_regressor": made["J_regressor"], "faces": made["f"]}  # fmt: skip


def _judge(model: SmplArrays, harmless: bool) -> list[str]:
    wrong = []
    if not all(np.isfinite(getattr(model, n)).all() for n in _truth()):
        wrong.append("model: numbers that are not finite")
    if (model.faces < 0).any() or (model.faces >= VERTICES).any() or (model.parents < 0).any():
        wrong.append("model: a face or parent that is not there")
    if harmless:
        wrong += [
            f"harmless, other numbers: {name}"
            for name, array in _truth().items()
            if not np.array_equal(getattr(model, name), array.astype(getattr(model, name).dtype))
        ]
    return wrong


FAMILY = Family("smpl", build)
