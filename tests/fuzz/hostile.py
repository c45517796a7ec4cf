"""Pickles that want something run when they are opened. What they run only writes a marker file into the case's folder."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.canary import MARKER

# Functions that read or run something, by the names that pickles of different ages give them, with what they are called with.
Call = tuple[str, str, Callable[[str], tuple[Any, ...]]]
CALLS: tuple[Call, ...] = (
    ("os", "system", lambda marker: (f"touch {marker}",)),
    ("posix", "system", lambda marker: (f"touch {marker}",)),
    ("nt", "system", lambda marker: (f"touch {marker}",)),
    ("subprocess", "call", lambda marker: (["touch", marker],)),
    ("subprocess", "Popen", lambda marker: (["touch", marker],)),
    ("subprocess", "check_output", lambda marker: (["touch", marker],)),
    ("builtins", "eval", lambda marker: (f"open({marker!r}, 'w').close()",)),
    ("builtins", "exec", lambda marker: (f"open({marker!r}, 'w').close()",)),
    ("__builtin__", "eval", lambda marker: (f"open({marker!r}, 'w').close()",)),
    ("__builtin__", "execfile", lambda marker: (marker,)),
    ("builtins", "open", lambda marker: (marker, "w")),
    ("io", "open", lambda marker: (marker, "w")),
    ("builtins", "getattr", lambda marker: (object, "__subclasses__")),
    ("builtins", "__import__", lambda marker: ("antigravity",)),
    ("importlib", "import_module", lambda marker: ("this",)),
    ("runpy", "run_path", lambda marker: (marker,)),
    ("pathlib", "Path.touch", lambda marker: (marker,)),
    ("shutil", "copyfile", lambda marker: ("/etc/hostname", marker)),
    ("codecs", "open", lambda marker: (marker, "w")),
    ("_codecs", "decode", lambda marker: (b"x", "hex")),
    ("_codecs", "encode", lambda marker: ("x", "rot13")),
    ("operator", "methodcaller", lambda marker: ("touch",)),
    ("functools", "partial", lambda marker: (print,)),
    ("webbrowser", "open", lambda marker: ("http://127.0.0.1:9/",)),
    ("numpy", "save", lambda marker: (marker, 1)),
    ("numpy", "load", lambda marker: (marker,)),
    ("numpy", "fromfile", lambda marker: (marker,)),
    ("numpy", "memmap", lambda marker: (marker, "u1", "w+", 0, (8,))),
    ("numpy.core.multiarray", "fromfile", lambda marker: (marker,)),
    ("numpy.testing._private.utils", "runstring", lambda marker: (f"open({marker!r}, 'w').close()", {})),
    ("numpy.f2py.diagnose", "run_command", lambda marker: (f"touch {marker}",)),
    ("numpy._core.multiarray", "_reconstruct", lambda marker: (object, (0,), b"b")),
    ("scipy.sparse", "save_npz", lambda marker: (marker, 1)),
    ("scipy.sparse.csc", "csc_matrix.dump", lambda marker: (marker,)),
    ("chumpy", "ch.save", lambda marker: (marker,)),
    ("chumpy.ch", "pickle.loads", lambda marker: (b"",)),
    ("torch", "load", lambda marker: (marker,)),
    ("torch", "save", lambda marker: (1, marker)),
    ("torch.serialization", "load", lambda marker: (marker,)),
    ("torch.storage", "_load_from_bytes", lambda marker: (b"",)),
    ("torch._utils", "_rebuild_tensor_v2", lambda marker: (marker, 0, (1,), (1,), False, {})),
    ("torch.jit", "load", lambda marker: (marker,)),
    ("torch.hub", "load", lambda marker: (marker, "x")),
    ("copyreg", "_reconstructor", lambda marker: (object, object, None)),
    ("copy_reg", "_reconstructor", lambda marker: (dict, object, None)),
)


def hostile_pickle(random: Random, folder: Path, beside: dict[str, Any] | None = None) -> tuple[bytes, str]:
    """A pickle with one such call (as a value, a key, a state or the whole), `beside` being what a good one holds."""
    module, name, arguments = random.choice(CALLS)
    given = arguments(str(folder / MARKER))
    safe = tuple(_text(a) if callable(a) else a for a in given)
    how = random.choice(("R", "R", "R", "i", "o", "b", "inst", "stack", "newobj", "obj ex"))
    protocol = random.choice((0, 1, 2, 3, 4, 5))
    body = _call(module, name, safe, how)
    if beside is not None and random.random() < 0.8:
        good = pickle.dumps(beside, min(protocol, 2))[:-1]  # without STOP: the dictionary lies on the stack
        body = good + _string("extra") + body + b"s"
    data = (b"" if protocol < 2 else b"\x80" + bytes([protocol])) + body + b"."
    return data, f"{module}.{name} by {how}, protocol {protocol}"


def _text(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _call(module: str, name: str, arguments: tuple[Any, ...], how: str) -> bytes:
    """Opcodes that leave the call's result on the stack."""
    packed = _plain(arguments)
    found = f"c{module}\n{name}\n".encode()
    if how == "i":
        return b"(" + b"".join(_plain(a) for a in arguments) + f"i{module}\n{name}\n".encode()
    if how == "o":
        return b"(" + found + b"".join(_plain(a) for a in arguments) + b"o"
    if how == "b":
        return found + b")R" + b"}" + _string("a") + packed + b"s" + b"b"
    if how == "inst":
        return found + packed + b"\x81"
    if how == "stack":
        return _string(module) + _string(name) + b"\x93" + packed + b"R"
    if how == "newobj":
        return found + packed + b"\x81" + b"}b"
    if how == "obj ex":
        return found + packed + b"}" + b"\x92"
    return found + packed + b"R"


def _plain(value: Any) -> bytes:
    """Opcodes of a value, without protocol mark and STOP."""
    return pickle.dumps(value, 1)[:-1]


def _string(text: str) -> bytes:
    data = text.encode()
    return b"X" + struct.pack("<I", len(data)) + data
