"""The code behind a unit: its function, name by name, and the modules that it imports, directly or not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.sources import CodeCache, module_path, modules_of, name_of
from smpl_assets.plugins import TABLES

# The machinery that runs every stage is no part of any stage's result; of `pipeline` only these are followed.
FOLLOWED_IN_PIPELINE = ("pipeline.report", "pipeline.tasks")
# Here planning and runs stand side by side: only the names that a run uses count.
BY_NAME = ("pipeline.tasks.", "pipeline.report.table")
# Tables of things chosen by name know all of them: whoever plans a unit names the chosen one's module instead.
TABLE_MODULES = frozenset({"smpl_assets.plugins", *(module for module, _ in TABLES.values())})
DATA_SUFFIXES = (".json", ".npz", ".safetensors", ".csv", ".html", ".css", ".toml", ".jpg")


def code_of(run: str, roots: Iterable[str], cache: CodeCache) -> dict[str, str]:
    """{`module:name` or module or data file: hash} of a function and of the static import closure of what it and `roots` name.

    run: `module:function`. Of its module, and of `BY_NAME`, only the names that it uses count, so that planning does not.
    roots: modules that are chosen by name, ours or an installed package's. Dynamic imports and libraries are not seen.
    """
    found, modules = function_of(run, cache)
    return dict(sorted({**found, **closure_of([*modules, *roots], cache)}.items()))


def function_of(run: str, cache: CodeCache) -> tuple[dict[str, str], set[str]]:
    """{`module:name`: hash} of a function and the helpers and constants beside it that it uses, and the modules these import."""
    found: dict[str, str] = {}
    modules: set[str] = set()
    first, _, function = run.partition(":")
    queue = [(first, function)]
    while queue:
        module, name = queue.pop()
        path = module_path(module)
        if path is None or f"{module}:{name}" in found:
            continue
        source = cache.source(module, path)
        definition = source["defines"].get(name)
        if definition is None:
            modules.add(module)  # a name from elsewhere, or one that no statement of its own makes: all of it counts
            continue
        found[f"{module}:{name}"] = definition["ast"]
        queue += [(module, n) for n in definition["uses"] if n in source["defines"]]
        for base, wanted in (
            *definition["imports"],
            *(source["imported"][n] for n in definition["uses"] if n in source["imported"]),
        ):
            if base.startswith(BY_NAME) and wanted and not module_path(f"{base}.{wanted}"):
                queue.append((base, wanted))
            else:
                modules.update(m for m in modules_of(base, wanted) if _followed(m))
    return found, modules


def closure_of(roots: Iterable[str], cache: CodeCache) -> dict[str, str]:
    """{module: hash} of the root modules and what they import of us or of their own package, and the data files beside them."""
    found: dict[str, str] = {}
    queue = list(roots)
    folders: dict[Path, str] = {}
    while queue:
        module = queue.pop()
        path = module_path(module)
        if module in found or path is None:
            continue
        source = cache.source(module, path)
        found[module] = source["ast"]
        parents = [module.rsplit(".", n)[0] for n in range(1, module.count(".") + 1)]
        queue += [m for m in (*source["imports"], *parents) if _followed(m)]
        if path.name != "__init__.py" and "." in module:
            folders[path.parent] = module
    for folder, module in folders.items():
        found.update(_data_files(folder, module, cache))
    return found


def _followed(module: str) -> bool:
    inside = not module.startswith("pipeline.") or module.startswith(FOLLOWED_IN_PIPELINE)
    return inside and module not in TABLE_MODULES


def _data_files(folder: Path, module: str, cache: CodeCache) -> dict[str, str]:
    patterns = ("*", "data/*", "weights/*")
    files = {f for p in patterns for f in folder.glob(p) if f.suffix in DATA_SUFFIXES and f.is_file()}
    return {name_of(module, f): cache.content(module, f) for f in files}
