from __future__ import annotations

import errno
import json
import mmap
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline import locks, peak_memory
from pipeline.files import FileDigests
from pipeline.locks import exclusive
from pipeline.manifest import read_manifest
from pipeline.peak_memory import PeakMemory
from pipeline.store import Store
from smpl_assets.errors import InputError, StageError

KEY = "0123456789abcdef"


def write(out: Path) -> dict:
    (out / "inner").mkdir()
    (out / "a.txt").write_text("hello")
    (out / "inner/b.txt").write_text("b")
    return {"count": 1}


def made(store: Store, work: Callable[[Path], dict] = write, key: str = KEY) -> Path:
    with store.making("render", key) as commit:
        assert commit is not None
        commit(work, "0", {"stage": "render"})
    return store.path("render", key)


def test_a_unit_is_committed_with_its_manifest_and_judged_by_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    folder = made(store)
    found = store.condition("render", KEY)
    assert found.state == "fresh"
    assert found.manifest is not None
    assert found.manifest.facts == {"count": 1}
    assert set(found.manifest.files) == {"a.txt", "inner/b.txt"}
    assert found.manifest.output_digest(("inner/",)) != found.manifest.output_digest()
    assert (tmp_path / "render/latest").resolve() == folder.resolve()
    with store.making("render", KEY) as commit:
        assert commit is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak counts from the start of the process")
def test_the_most_memory_of_each_unit_is_measured_anew(tmp_path: Path) -> None:
    def large(out: Path) -> dict:
        with mmap.mmap(-1, 128 * 2**20) as memory:  # given back at once, which an allocator need not do
            for start in range(0, len(memory), mmap.PAGESIZE):
                memory[start] = 1
        return write(out)

    store, other = Store(tmp_path), KEY[::-1]
    before = read_manifest(made(store))
    most, after = (read_manifest(made(store, work, key)) for work, key in ((large, other), (write, KEY[1:] + "0")))
    assert before is not None
    assert most is not None
    assert after is not None
    assert most.memory["process"] - before.memory["process"] >= 100
    assert most.memory["process"] - after.memory["process"] >= 100
    assert most.output_digest() == before.output_digest()


def test_a_manifest_of_before_memory_was_measured_counts(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = made(store) / "manifest.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in values.items() if name not in ("memory", "seal")}))
    found = store.condition("render", KEY)
    assert found.state == "fresh"
    assert found.manifest is not None
    assert found.manifest.memory == {}


def test_without_proc_the_peak_of_the_process_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("_STATUS", "_CLEAR"):
        monkeypatch.setattr(peak_memory, name, tmp_path / "no" / name)
    told = PeakMemory().mib()["process"]
    assert abs(told - resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * peak_memory._RUSAGE_BYTES / 2**20) <= 8


def test_of_gpus_the_fullest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    held, cleared = [300 * 2**20, 700 * 2**20], []
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        device_count=lambda: 2,
        max_memory_allocated=held.__getitem__,
        reset_peak_memory_stats=cleared.append,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert PeakMemory().mib()["gpu"] == 700
    assert cleared == [0, 1]
    held[:] = [0, 0]
    assert set(PeakMemory().mib()) == {"process"}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: f.unlink(), "missing"),
        (lambda f: f.write_text("hel"), "truncated (3 of 5 bytes)"),
        (lambda f: f.write_text("hello again"), "grown"),
        (lambda f: f.write_text("jello"), "changed"),
    ],
)
def test_damage_is_found_and_named(tmp_path: Path, damage, said: str) -> None:
    store = Store(tmp_path)
    folder = made(store)
    damage(folder / "a.txt")
    found = store.condition("render", KEY)
    assert found.state == "corrupt"
    assert f"output a.txt {said}" in found.detail
    assert (made(store) / "a.txt").read_text() == "hello"


def test_a_flipped_byte_under_an_unchanged_mtime_is_found_by_a_deep_look(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = made(store) / "a.txt"
    stat = path.stat()
    path.write_text("hellp")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.condition("render", KEY).state == "fresh"
    assert store.condition("render", KEY, deep=True).state == "corrupt"


def test_failed_work_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def work(out: Path) -> dict:
        (out / "half.txt").write_text("half")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        made(store, work)
    assert store.condition("render", KEY).state == "missing"
    assert not list((tmp_path / "render").glob(".*.part-*"))


def test_a_full_disk_is_one_error_with_path_and_bytes_and_keeps_the_store_valid(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made(store, key="f" * 16)

    def work(out: Path) -> dict:
        (out / "part.bin").write_bytes(bytes(1000))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out / "part.bin"))

    with pytest.raises(StageError, match=r"no space left for stage render: needs more than 1,000 bytes, [\d,]+ are") as caught:
        made(store, work)
    assert str(tmp_path / "render") in caught.value.what
    assert store.condition("render", "f" * 16).state == "fresh"


def test_a_full_disk_is_blamed_on_where_a_copy_was_to_lie(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")

    def work(out: Path) -> dict:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "shipped.bin"), None, str(out / "copy.bin"))

    with pytest.raises(StageError, match="no space left for stage render"):
        made(store, work)


def test_a_store_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StageError, match="the store cannot be written"):
        made(Store(tmp_path / "file"))


def test_an_unreadable_manifest_is_damage(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (made(store) / "manifest.json").write_text("{")
    assert store.condition("render", KEY).state == "corrupt"


@pytest.mark.parametrize("flock", [True, False], ids=["flock", "lease"])
def test_a_lock_is_held_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flock: bool) -> None:
    if not flock:

        def none(handle: int, how: int) -> None:
            raise OSError(errno.ENOLCK, "no locks here")

        monkeypatch.setattr(locks.fcntl, "flock", none)
    order: list[str] = []
    path = tmp_path / "a.lock"

    def second() -> None:
        with exclusive(path):
            order.append("second")

    with exclusive(path) as held:
        assert held
        with exclusive(path, wait=False) as other:
            assert not other
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_dead_holders_lease_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "a.lease"
    path.touch()
    os.utime(path, (0, 0))
    assert not locks._take(path)
    assert locks._take(path)


def test_files_are_hashed_again_only_where_they_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("a")
    first = FileDigests(tmp_path)
    whole = first.of(tmp_path / "data")
    first.save()
    monkeypatch.setattr("pipeline.files.sha256_of", lambda path: pytest.fail("hashed"))
    assert FileDigests(tmp_path).of(tmp_path / "data") == whole
    monkeypatch.undo()
    (tmp_path / "data/a.txt").write_text("b")
    assert FileDigests(tmp_path).of(tmp_path / "data") != whole
    with pytest.raises(InputError, match="no such file"):
        FileDigests(tmp_path).of(tmp_path / "none")
