"""Reads the official SMPL pickles without running anything that they say.

The files were written by Python 2 or 3, in any of pickle's protocols, and hold NumPy arrays, chumpy arrays and SciPy sparse
matrices. No class that a pickle names is ever created: each allowed name is replaced by an inert record of the same data, every
other name is refused before anything happens, and the arrays are built afterwards (`body.records`) from plain bytes and numeric
types. Neither chumpy nor SciPy's unpickling code takes part.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from smpl_assets.body.records import Array, Buffered, Chumpy, Dtype, Inert, Record, Scalar, Sparse, array_of
from smpl_assets.errors import InputError
from smpl_assets.file_kind import cannot_be_read, changed_line_ends
from smpl_assets.npz_file import ByteStream

MAXIMUM_BYTES = 2 << 30
_WANTED = "a pickle of arrays, as SMPL's .pkl files are"
_NEXT = "get SMPL's file from its own site; docs/bodies.md lists the layouts that are read"
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


class Refused(Exception):
    """The pickle names something that is not data."""


class _Garbled(Exception):
    """What should be a name is none: the file is damaged."""


def _new_array(*_arguments: Any) -> Array:
    return Array()


def _new_instance(kind: Any, *_arguments: Any) -> Record:
    if not (isinstance(kind, type) and issubclass(kind, Record)):
        raise Refused("an instance of an unknown class")
    return kind()


def _encode(text: str, encoding: str = "latin1", *_errors: Any) -> bytes:
    return text.encode("latin1")


def _bytes(content: Any = b"", *_arguments: Any) -> bytes:
    """`bytes` and `bytearray` of what is there already; of a number they would be a way to ask for memory."""
    return content.encode("latin1") if isinstance(content, str) else b"" if isinstance(content, int) else bytes(content)


def _new_dict(*pairs: Any) -> dict[Any, Any]:
    return dict(*pairs)


_BUILTINS = ("__builtin__", "builtins")
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NAMES: dict[tuple[str, str], Callable[..., Any]] = {
    **{(m, "_reconstruct"): _new_array for m in _MULTIARRAY},
    **{(m, "scalar"): Scalar for m in _MULTIARRAY},
    **{(m, "_frombuffer"): Buffered for m in ("numpy.core.numeric", "numpy._core.numeric")},
    ("numpy", "dtype"): Dtype,
    **{(m, "ndarray"): Array for m in ("numpy", *_MULTIARRAY)},
    **{(m, "memmap"): Array for m in ("numpy", "numpy.core.memmap", "numpy._core.memmap")},
    **{(m, "matrix"): Array for m in ("numpy", "numpy.matrixlib.defmatrix", "numpy.core.defmatrix")},
    **{(m, "_reconstructor"): _new_instance for m in ("copy_reg", "copyreg")},
    **{(m, n): Inert for m in _BUILTINS for n in ("object", "set", "frozenset", "slice", "range", "xrange", "complex")},
    **{(m, n): _bytes for m in _BUILTINS for n in ("bytes", "bytearray")},
    **{(m, "dict"): _new_dict for m in _BUILTINS},
    ("collections", "OrderedDict"): _new_dict,
    ("_codecs", "encode"): _encode,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NAMES:
            return _NAMES[module, name]
        if module.startswith("scipy.sparse") and re.fullmatch(r"[a-z]{3}_(matrix|array)", name):
            return type(name, (Sparse,), {})
        if module.split(".")[0] == "chumpy" and re.fullmatch(r"[A-Za-z]+", name):
            return type(name, (Chumpy,), {})
        if not (_DOTTED.fullmatch(module) and _DOTTED.fullmatch(name)):
            raise _Garbled(f"{module!r}, {name!r} where the name of a class should be")
        raise Refused(f"{module}.{name}")


def load_records(file: ByteStream) -> Any:
    """What a pickle holds, with records in the place of arrays; Refused, or whatever a damaged pickle raises."""
    return _Reader(file, encoding="latin1").load()


def read_pickle(path: Path, names: Collection[str] | None = None) -> dict[str, Any]:
    """The file's dictionary: arrays as NumPy arrays, sparse matrices dense, text as str, what is neither left out.

    Args:
        path: the file.
        names: the entries that are wanted, None for all; the others are left out without a look at them.

    Raises:
        InputError: the file is no such pickle or damaged, names anything but arrays, or a wanted array is broken.
    """
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise InputError(f"{path}: {path.stat().st_size} bytes, a body model has at most {MAXIMUM_BYTES}", _NEXT)
        with open(path, "rb") as file:
            raw = load_records(file)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error})", "check body.model") from error
    except Exception as error:  # a damaged pickle can fail in any way
        if isinstance(error, Refused) and not changed_line_ends(path):
            raise InputError(f"{path}: the pickle wants {error}, which is not data; nothing was run", _NEXT) from None
        raise cannot_be_read(path, _WANTED, _why(path, error), _NEXT, binary=True) from error
    if not isinstance(raw, dict):
        raise InputError(f"{path}: the pickle holds a {type(raw).__name__}, a dictionary of arrays expected", _NEXT)
    if any("\r" in str(key) for key in raw):
        raise cannot_be_read(path, _WANTED, "its names end in carriage returns", _NEXT, binary=True)
    values = {str(k): _plain(v, path, str(k)) for k, v in raw.items() if names is None or str(k) in names}
    return {name: value for name, value in values.items() if value is not None}


def _why(path: Path, error: Exception) -> str:
    """In words: a pickle ends with a full stop, and one without it has been cut off."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        file.seek(max(size - 1, 0))
        if file.read(1) != b".":
            return f"cut off after {size:,} bytes"
    return f"damaged: {type(error).__name__}: {error}"


def _plain(value: Any, path: Path, name: str) -> Any:
    """Text, a number or an array; None for what cannot be turned into one."""
    if isinstance(value, (str, int, float)):
        return value
    try:
        return array_of(value)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        if isinstance(value, Record):
            raise InputError(f"{path}: '{name}', a {type(value).__name__}, is malformed ({error})", _NEXT) from error
        return None
