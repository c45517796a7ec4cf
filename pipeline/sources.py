"""What the text of a source file says: its syntax without comments, what it imports, and that of each name defined in it."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from smpl_assets.errors import StageError

CODE_ROOT = Path(__file__).resolve().parent.parent
FIRST_PARTY = ("pipeline", "training", "style_transfer", "smpl_assets")


class Definition(TypedDict):
    """A module-level function, class or constant: its syntax, the names it uses, and (module, name) of what it imports itself."""

    ast: str
    uses: list[str]
    imports: list[tuple[str, str]]


class Source(TypedDict):
    """A source file: its syntax, the modules it imports anywhere, what it defines, and (module, name) of its imported names."""

    ast: str
    imports: list[str]
    defines: dict[str, Definition]
    imported: dict[str, tuple[str, str]]


@dataclass
class CodeCache:
    """Per file what it says, remembered while size and mtime stay: {file: [mtime_ns, size, said]}.

    Files are named relative to where their package lies (`name_of`).
    """

    entries: dict[str, list] = field(default_factory=dict)
    changed: bool = False

    def source(self, module: str, path: Path) -> Source:
        """A Python file."""
        return self.look(name_of(module, path), path, lambda: _read_once(module, path, path.stat()))

    def content(self, module: str, path: Path) -> str:
        """Hash of a data file beside a module."""
        return self.look(name_of(module, path), path, lambda: hashlib.sha256(path.read_bytes()).hexdigest()[:16])

    def look(self, name: str, path: Path, read: Callable[[], Any]) -> Any:
        """What a file says, read where it is not remembered under that name."""
        stat = path.stat()
        known = self.entries.get(name)
        if known is None or known[:2] != [stat.st_mtime_ns, stat.st_size]:
            known = [stat.st_mtime_ns, stat.st_size, read()]
            self.entries[name] = known
            self.changed = True
        return known[2]


@cache
def home_of(package: str) -> Path | None:
    """The folder that a top-level package lies in, found without importing it; None where it is not installed."""
    if package in FIRST_PARTY:
        return CODE_ROOT
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    places = [*((spec and spec.submodule_search_locations) or ()), *((spec and spec.has_location and (spec.origin,)) or ())]
    return Path(str(places[0])).parent if places else None


@cache
def module_path(module: str) -> Path | None:
    """The source file of a module (a name inside a module gives None)."""
    home = home_of(module.partition(".")[0])
    base = home.joinpath(*module.split(".")) if home else None
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None) if base else None


def name_of(module: str, path: Path) -> str:
    """A file's name relative to where the package of `module` lies."""
    return path.relative_to(home_of(module.partition(".")[0]) or path.parent).as_posix()


_READ: dict[Path, tuple[str, int, int, Source]] = {}


def _read_once(module: str, path: Path, stat: os.stat_result) -> Source:
    """`read_source`, once a process while size and mtime stay: notebooks and tests ask for many plans."""
    known = _READ.get(path)
    if known is None or known[:3] != (module, stat.st_mtime_ns, stat.st_size):
        known = _READ[path] = (module, stat.st_mtime_ns, stat.st_size, read_source(module, path))
    return known[3]


def read_source(module: str, path: Path) -> Source:
    """Parse a file; StageError naming the line where that fails."""
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise StageError(f"{path}: line {error.lineno}: {error.msg}", "the code of a stage cannot be read; mend it") from error
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    own = (*FIRST_PARTY, module.partition(".")[0])
    bound = [(local, m, n) for local, m, n in _imports(tree, package) if m.partition(".")[0] in own]
    return {
        "imports": sorted({m for _, base, name in bound for m in modules_of(base, name)}),
        "imported": {local: (m, n) for local, m, n in _imports(tree, package, deep=False) if m.partition(".")[0] in own},
        "ast": syntax_hash(tree),
        "defines": {name: _definition(node, package, own) for node in tree.body for name in _names(node)},
    }


def modules_of(base: str, name: str) -> list[str]:
    """The modules behind `from base import name` (`import base` where the name is empty)."""
    return [base, f"{base}.{name}"] if name and module_path(f"{base}.{name}") else [base]


def syntax_hash(tree: ast.Module) -> str:
    """Hash of the syntax tree, whose docstrings are dropped (comments and layout never get into it)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree, include_attributes=False).encode()).hexdigest()[:16]


def _names(node: ast.stmt) -> list[str]:
    """The names that a module-level statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]


def _definition(node: ast.stmt, package: str, own: tuple[str, ...]) -> Definition:
    """Annotations are no use of a name: they are never evaluated."""
    code = syntax_hash(ast.Module([node], []))
    for part in ast.walk(node):
        if isinstance(part, ast.arg):
            part.annotation = None
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            part.returns = None
    uses = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    imports = sorted({(m, n) for _, m, n in _imports(node, package) if m.partition(".")[0] in own})
    return {"ast": code, "uses": sorted(uses - _bound(node)), "imports": imports}


def _bound(node: ast.AST, inside: bool = False) -> set[str]:
    """The names that a function binds itself (those of functions and comprehensions within it left out)."""
    scopes = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp
    if inside and isinstance(node, scopes | ast.GeneratorExp):
        return set()
    if not inside and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    own = {node.arg} if isinstance(node, ast.arg) else set()
    own |= {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()
    return own.union(*(_bound(child, True) for child in ast.iter_child_nodes(node)))


def _imports(tree: ast.AST, package: str, deep: bool = True) -> Iterator[tuple[str, str, str]]:
    """(local name, module, name in it) of what is imported anywhere but under `if TYPE_CHECKING`; deep: in functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for child in node.orelse:
                yield from _imports(ast.Module([child], []), package, deep)
        elif isinstance(node, ast.Import):
            yield from ((a.asname or a.name.partition(".")[0], a.name, "") for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            yield from ((a.asname or a.name, base, a.name) for a in node.names)
        elif deep or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _imports(node, package, deep)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])
