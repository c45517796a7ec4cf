"""Looking after the store: what is damaged, what nobody uses, what can be dropped. Never touches a unit that is being made."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path

from pipeline.files import replace_link
from pipeline.locks import exclusive
from pipeline.manifest import MANIFEST, write_manifest
from pipeline.plan import Plan
from pipeline.store import KEY_LENGTH, Store, discard

# What an interrupted run may leave, in a stage's folder and in the store's.
_IN_STAGES = (".*.part-*", ".*.scratch", ".latest-*", ".probe-*", ".accepted.json.*")
_IN_ROOT = (".report.html-*", ".cache/.digests.*")


def verify(plan: Plan, everything: bool) -> tuple[int, list[tuple[str, str, str]]]:
    """Re-hash the finished units of a configuration, or of the whole store: (number checked, (stage, key, problem)).

    The files of a damaged unit get a new time, so that the next run hashes them as well, sees the damage and makes it again.
    """
    checked, problems = 0, []
    for name in plan.stages:
        keys = {u.key for u in plan.state(name).units if u.manifest or u.state == "corrupt"}
        if everything:
            keys |= {p.name for p in plan.store.folders(name)}
        for key in sorted(keys):
            found = plan.store.condition(name, key, deep=True)
            checked += 1
            if found.state == "corrupt":
                problems.append((name, key, found.detail))
                _touch(plan.store, name, key)
    return checked, problems


def _touch(store: Store, stage: str, key: str) -> None:
    manifest = store.manifest(stage, key)
    for name in manifest.files if manifest else ():
        with contextlib.suppress(OSError):
            os.utime(store.path(stage, key) / name)


def unused(plan: Plan) -> list[tuple[Path, int]]:
    """Unit folders outside the configuration's plan and leftovers of interrupted runs, with their bytes.

    Stages behind a stale one have no known keys yet: of these the newest artifact of every unit is kept.
    """
    found: list[Path] = []
    for name in plan.stages:
        state = plan.state(name)
        keep = {u.key for u in state.units}
        if not state.done:
            newest: dict[str, str] = {}
            for manifest in plan.store.manifests(name):
                newest.setdefault(manifest.unit, manifest.key)
            keep |= set(newest.values())
        folders = sorted(p for p in plan.store.folders(name) if p.name not in keep)
        found += folders + _rests(plan.store.root / name, _IN_STAGES)
    found += _rests(plan.store.root, _IN_ROOT)
    return [(p, _size(p)) for p in found]


def _rests(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return [p for pattern in patterns for p in sorted(folder.glob(pattern))]


def remove(store: Store, found: list[tuple[Path, int]]) -> None:
    """Delete folders that `unused` named, leaving out those that a run holds."""
    for path, _ in found:
        key = path.name.removeprefix(".")[:KEY_LENGTH]
        lock = path.parent / f".{key}.lock"
        with exclusive(lock, wait=False) as held:
            if held:
                discard(path)
                lock.unlink(missing_ok=True)


def evictable(plan: Plan, stage: str) -> list[tuple[Path, int]]:
    """The finished units of a stage whose bytes can be dropped."""
    return [(p := plan.store.path(stage, u.key), _size(p)) for u in plan.state(stage).units if u.state == "fresh"]


def evict(store: Store, stage: str, keys: list[str]) -> None:
    """Drop the bytes of units and mark their manifests."""
    for key in keys:
        with exclusive(store.root / stage / f".{key}.lock"):
            manifest, folder = store.manifest(stage, key), store.path(stage, key)
            if manifest is None:
                continue
            write_manifest(folder, dataclasses.replace(manifest, evicted=True))
            for name in manifest.files:
                (folder / name).unlink(missing_ok=True)
            for inner in sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True):
                inner.rmdir()


def link_report(plan: Plan) -> Path | None:
    """Link `store/report.html`, for people, to this configuration's report; the report's directory, None if there is none."""
    if "report" not in plan.stages or plan.state("report").state != "fresh":
        return None
    root, folder = plan.store.root, plan.store.path("report", plan.state("report").key)
    target = folder.relative_to(root) / "report.html"
    with contextlib.suppress(OSError):
        link = root / "report.html"
        if not (link.is_symlink() and link.readlink() == target):
            replace_link(link, target)
    return folder


def _size(folder: Path) -> int:
    inside = folder.rglob("*") if folder.is_dir() and not folder.is_symlink() else [folder]
    return sum(p.lstat().st_size for p in inside if p.is_file() and p.name != MANIFEST)
