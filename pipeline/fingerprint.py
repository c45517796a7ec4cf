"""What a unit's key is made of: canonical JSON, and the code behind a stage without its comments."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from smpl_assets.errors import StageError

CODE_ROOT = Path(__file__).resolve().parent.parent
FIRST_PARTY = ("pipeline", "training", "style_transfer", "smpl_assets")
# The machinery that runs every stage is no part of any stage's result; of `pipeline` only these are followed.
FOLLOWED_IN_PIPELINE = ("pipeline.report", "pipeline.tasks")
DATA_SUFFIXES = (".json", ".npz", ".safetensors", ".csv", ".html", ".css", ".toml")


def canonical(value: object) -> str:
    """Delimited, sorted JSON without NaN: equal values give equal text and unequal ones do not."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def digest(value: object) -> str:
    """sha256 (hex) of the canonical JSON of `value`."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


@dataclass
class CodeCache:
    """Per source file what its text says, remembered while size and mtime stay: {path: [mtime_ns, size, ast, imports]}."""

    entries: dict[str, list] = field(default_factory=dict)
    changed: bool = False

    def look(self, path: Path) -> tuple[str, list[str]]:
        """AST hash of a source file and the dotted names it imports."""
        stat = path.stat()
        name = path.relative_to(CODE_ROOT).as_posix()
        known = self.entries.get(name)
        if known is None or known[:2] != [stat.st_mtime_ns, stat.st_size]:
            tree = _parsed(path)
            package = _module_name(path) if path.name == "__init__.py" else _module_name(path).rpartition(".")[0]
            imports = sorted(set(_imports(tree, package)))
            known = [stat.st_mtime_ns, stat.st_size, _ast_hash(tree), imports]
            self.entries[name] = known
            self.changed = True
        return known[2], known[3]


def code_of(roots: Iterable[str], cache: CodeCache) -> dict[str, str]:
    """{module: AST hash} of the static first-party import closure of the root modules, and the data files beside them.

    Dynamic imports and installed libraries are not seen; a stage names dynamically imported modules as further roots.
    """
    found: dict[str, str] = {}
    queue = list(roots)
    while queue:
        module = queue.pop()
        path = _module_path(module)
        if module in found or path is None:
            continue
        found[module], imports = cache.look(path)
        parents = [module.rsplit(".", n)[0] for n in range(1, module.count(".") + 1)]
        queue += [m for m in (*imports, *parents) if _followed(m)]
    for folder in sorted({path.parent for m in found if (path := _module_path(m)) and path.name != "__init__.py"}):
        found.update(_data_files(folder, cache))
    return dict(sorted(found.items()))


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise StageError(f"{path}: line {error.lineno}: {error.msg}", "the code of a stage cannot be read; mend it") from error


def _followed(module: str) -> bool:
    return not module.startswith("pipeline.") or module.startswith(FOLLOWED_IN_PIPELINE)


def _data_files(folder: Path, cache: CodeCache) -> dict[str, str]:
    files = [
        f for pattern in ("*", "data/*", "weights/*") for f in folder.glob(pattern) if f.suffix in DATA_SUFFIXES and f.is_file()
    ]
    result = {}
    for file in sorted(files):
        name, stat = file.relative_to(CODE_ROOT).as_posix(), file.stat()
        known = cache.entries.get(name)
        if known is None or known[:2] != [stat.st_mtime_ns, stat.st_size]:
            known = [stat.st_mtime_ns, stat.st_size, hashlib.sha256(file.read_bytes()).hexdigest()[:16], []]
            cache.entries[name] = known
            cache.changed = True
        result[name] = known[2]
    return result


@cache
def _module_path(module: str) -> Path | None:
    """The source file of a first-party module (a name inside a module gives None)."""
    base = CODE_ROOT.joinpath(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _module_name(path: Path) -> str:
    parts = path.relative_to(CODE_ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.AST, package: str) -> Iterable[str]:
    """First-party names that a module imports anywhere but under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for child in node.orelse:
                yield from _imports(ast.Module([child], []), package)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] in FIRST_PARTY)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], *([base] if base else [])])
            if base.split(".")[0] in FIRST_PARTY:
                yield base
                yield from (f"{base}.{a.name}" for a in node.names if _module_path(f"{base}.{a.name}"))
        else:
            yield from _imports(node, package)


def _ast_hash(tree: ast.Module) -> str:
    """Hash of the syntax tree with docstrings dropped (comments and layout never get into it)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree, include_attributes=False).encode()).hexdigest()[:16]


def difference(old: Mapping[str, object], new: Mapping[str, object], prefix: str = "") -> list[str]:
    """What differs between two nested mappings, one line each: `image_size 128 -> 256`."""
    lines: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "(none)"), new.get(name, "(none)")
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            lines += difference(before, after, f"{prefix}{name}.")
        elif before != after:
            lines.append(f"{prefix}{name} {_short(before)} -> {_short(after)}")
    return lines


def _short(value: object) -> str:
    text = value if isinstance(value, str) else canonical(value)
    return text if len(text) <= 60 else text[:57] + "..."
