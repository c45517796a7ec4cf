"""What a run left in its store: manifests, outputs, memory, links, and the files between the stages (tables, labels, tars)."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pipeline import upkeep
from pipeline.config import Config
from pipeline.console import Console
from pipeline.engine import Finished, Listener, as_stage_error
from pipeline.files import FileDigests
from pipeline.luigi_run import run
from pipeline.plan import Plan
from pipeline.runner import Runner
from pipeline.sources import CodeCache
from pipeline.store import Store
from pipeline.worker import Order, make
from smpl_assets.archive import ArchiveReader
from smpl_assets.errors import StageError
from smpl_assets.labels import SampleLabels
from smpl_assets.pose_table import PoseTable
from smpl_assets.skipped import Skipped
from tests.fuzz.case import Case, Family
from tests.fuzz.raw import spoil_bytes, spoil_text
from tests.fuzz.trees import spoil_json
from tests.pipeline.toy import COUNT, STAGES
from tests.training.figures import make_people, make_shard

NAMES = ("numbers", "square", "total")
TOTAL = str(sum(n**2 for n in range(COUNT)))


class HereEngine:
    """Makes units one after the other in this process."""

    def __init__(self) -> None:
        self._orders: list[Order] = []

    def submit(self, order: Order) -> None:
        self._orders.append(order)

    def wait(self, listener: Listener) -> list[Finished]:
        order = self._orders.pop(0)
        try:
            return [Finished(order, make(order, "cpu"))]
        except Exception as error:
            return [Finished(order, error=as_stage_error(order, error))]

    def drop(self) -> list[Order]:
        dropped, self._orders = self._orders, []
        return dropped

    def close(self) -> None:
        """Nothing is held."""


@cache
def _code() -> CodeCache:
    return CodeCache()


def _plan(root: Path, deep: bool = False, remember: bool = False) -> Plan:
    """The toy's plan; `remember`: by the store's own memory instead of this process's."""
    digests = FileDigests(root)
    if not remember:
        digests.code = _code()
    return Plan(Config(), Store(root), STAGES, digests, deep=deep)


def _run(root: Path, remember: bool = False) -> int:
    plan = _plan(root, remember=remember)
    runner = Runner(plan, HereEngine(), Console(quiet=True), ["total"])
    code = run(runner)
    plan.digests.save()
    if code:
        raise next(iter(runner.told.values()), StageError("a run that failed without a word"))
    return code


@cache
def _built() -> Path:
    """A folder with a finished store of the toy, and files that stages leave for each other."""
    root = Path(tempfile.mkdtemp(prefix="rarepose-fuzz-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    _run(root / "store")
    files = root / "files"
    table = make_people(files / "people", 5)
    table.save(files / "poses.npz")
    make_shard(files / "shard", table, [0, 1, 2])
    skipped = Skipped(read=5)
    skipped.add("crowd region", "a.json", "annotation 1")
    skipped.save(files / "skipped.json")
    return root


def build(random: Random, folder: Path) -> Case:
    """Files of a store, spoilt; or one file that a stage hands to the next."""
    if random.random() < 0.5:
        return _handed_on(random, folder)
    store = folder / "store"
    shutil.copytree(_built() / "store", store, symlinks=True)
    done: list[str] = []
    remember = random.random() < 0.05
    for _ in range(random.choice((1, 1, 2, 3))):
        done.append(random.choice(_DAMAGES)(random, store))
    first = {"run": lambda: None, "verify": lambda: upkeep.verify(_plan(store, deep=True), True), "gc": lambda: _gc(store),
             "status": lambda: [_plan(store).state(n) for n in NAMES], "evict": lambda: _evict(store)}  # fmt: skip
    form = random.choice(list(first))

    def read() -> list[str]:
        before = {p for p in store.rglob(".*") if not p.name.endswith(".lock")}
        first[form]()
        _run(store, remember)
        left = sorted(
            p.name for p in store.rglob(".*") if not p.name.endswith(".lock") and p not in before and p.name != ".cache"
        )
        return _after(store) + ([f"left behind: {left}"] if left else [])

    return Case([*done, f"{form}, run"], read, lambda wrong: wrong)


def _after(store: Path) -> list[str]:
    """After a run the result is right and everything is fresh."""
    plan = _plan(store, deep=True)
    wrong = [f"{n}: {plan.state(n).state} after a run: {plan.state(n).reason}" for n in NAMES if not plan.done(n)]
    state = plan.unit_state("total", "all")
    said = "" if state.state != "fresh" else (plan.store.path("total", state.key) / "total.txt").read_text()
    return [*wrong, f"result: {said!r} instead of {TOTAL}"] if said != TOTAL else wrong


def _gc(store: Path) -> None:
    plan = _plan(store)
    upkeep.remove(plan.store, upkeep.unused(plan))


def _evict(store: Path) -> None:
    plan = _plan(store)
    for stage in ("square", "numbers"):
        upkeep.evict(plan.store, stage, [p.name for p, _ in upkeep.evictable(plan, stage)])


def _files(store: Path) -> list[Path]:
    return sorted(p for p in store.rglob("*") if p.is_file() and not p.is_symlink() and "latest" not in p.parts)


def _spoil_file(random: Random, store: Path) -> str:
    path = random.choice([p for p in _files(store) if p.suffix != ".lock"] or [store / "nothing"])
    if not path.is_file():
        return "nothing left to spoil"
    path.unlink() if random.random() < 0.1 else path.write_bytes((data := _spoilt(random, path))[0])
    return f"{path.relative_to(store)} " + (f"({data[1]})" if path.exists() else "removed")


def _spoilt(random: Random, path: Path) -> tuple[bytes, str]:
    data = path.read_bytes()
    new, what = (spoil_json if path.suffix == ".json" else spoil_bytes)(random, data)
    return (new, what) if new != data else (data + b"x", "grown by one")


def _spoil_manifest(random: Random, store: Path) -> str:
    manifests = [p for p in _files(store) if p.name == "manifest.json"]
    if not manifests:
        return "no manifest left to spoil"
    path = random.choice(manifests)
    data, what = spoil_json(random, path.read_bytes())
    path.write_bytes(data)
    return f"manifest of {path.parent.parent.name}: {what}"


def _spoil_memory(random: Random, store: Path) -> str:
    path = store / ".cache" / "digests"
    if not path.is_file():
        return "no memory left to spoil"
    data, what = spoil_text(random, path.read_bytes())
    path.write_bytes(data)
    return f"digests: {what}"


def _strew(random: Random, store: Path) -> str:
    """Something lies where it does not belong."""
    stage = store / random.choice(("numbers", "square", "total", ".cache", "other"))
    stage.mkdir(parents=True, exist_ok=True) if not stage.exists() else None
    if not stage.is_dir():
        return "nowhere to strew"
    name = random.choice(("0" * 16, "accepted.json", "latest2", ".0123456789abcdef.part-1", ".0123456789abcdef.scratch",
                          ".0123456789abcdef.lock",
                          "Thumbs.db", ".DS_Store", "manifest.json", "f" * 16, "a\nb", "\udcff"))  # fmt: skip
    kind, place = random.choice(("file", "folder", "link", "loop", "accepted")), stage / name
    if place.exists() or place.is_symlink():
        return f"{name} is there already"
    if kind == "file":
        place.write_bytes(random.choice((b"", b"{", b"[]", b"null", b"\xff")))
    elif kind == "accepted":
        (stage / "accepted.json").write_text(random.choice(("[]", "{", '{"a": 1}', '{"a": {"b": "c"}}', "null", '"x"', "\x00")))
    elif kind == "folder":
        place.mkdir()
        (place / "manifest.json").write_text(random.choice(("", "{}", "[]", '{"stage": "square"}', "null")))
    else:
        place.symlink_to(place if kind == "loop" else random.choice(("/dev/null", "/nowhere", "..", "/etc")))
    return f"{kind} {stage.name}/{name!r}"


def _break(random: Random, store: Path) -> str:
    """A unit's folder is gone, is a file, or is another unit's."""
    units = sorted(p.parent for p in store.glob("*/*/manifest.json") if not p.parent.is_symlink())
    if not units:
        return "no unit left to break"
    unit = random.choice(units)
    kind = random.choice(("gone", "file", "other", "no manifest", "folder for a file", "moved", "touched"))
    if kind == "touched":
        for path in unit.iterdir():
            os.utime(path)
        return f"{unit.parent.name}: touched"
    if kind == "no manifest":
        (unit / "manifest.json").unlink()
    elif kind == "folder for a file":
        path = next((p for p in unit.iterdir() if p.is_file()), None)
        if path is not None:
            path.unlink()
            path.mkdir()
    elif kind == "moved":
        unit.rename(unit.with_name("e" * 16))
    else:
        shutil.rmtree(unit)
        if kind == "file":
            unit.write_text("in the way")
        elif kind == "other" and len(units) > 1:
            shutil.copytree(random.choice([u for u in units if u != unit]), unit)
    return f"{unit.parent.name}: {kind}"


_DAMAGES = (_spoil_file, _spoil_file, _spoil_manifest, _spoil_manifest, _spoil_memory, _strew, _break)

HANDED: dict[str, Callable[[Path], Any]] = {
    "poses.npz": PoseTable.load,
    "shard/labels.npz": SampleLabels.load,
    "shard/images.tar": lambda path: [reader.read(n) for reader in (ArchiveReader(path),) for n in reader],
}


def _handed_on(random: Random, folder: Path) -> Case:
    """One file as one stage writes it and the next one reads it."""
    name = random.choice(list(HANDED))
    data, done, harmless = (_built() / "files" / name).read_bytes(), [name], random.random() < 0.05
    if not harmless:
        for _ in range(random.choice((1, 1, 2, 3))):
            data, what = spoil_bytes(random, data)
            done.append(what)
    path = folder / Path(name).name
    path.write_bytes(data)
    return Case(done, lambda: HANDED[name](path), lambda result: [], harmless)


FAMILY = Family("stores", build)
