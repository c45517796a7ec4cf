"""Reads the official SMPL pickles without running anything that they say.

The files were written by Python 2 and hold NumPy arrays, chumpy arrays and SciPy sparse matrices. No class that a pickle names is
ever
created: each allowed name is replaced by an inert record of the same data, every other name is refused before anything happens,
    and the
arrays are built afterwards from plain bytes and numeric types. Neither chumpy nor SciPy's unpickling code takes part.
"""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from smpl_assets.errors import InputError

MAXIMUM_BYTES = 2 << 30
_NUMERIC = re.compile(r"^[<>|=]?[biuf][1248]$")
_NEXT = "get SMPL's file from its own site; docs/bodies.md lists the layouts that are read"


class _Refused(Exception):
    """The pickle names something that is not data."""


class _Record:
    """What stands for an instance of a class named in the pickle: its arguments and state, nothing else."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Array(_Record):
    """numpy.ndarray."""


class _Dtype(_Record):
    """numpy.dtype."""


class _Sparse(_Record):
    """scipy.sparse.csc_matrix and its siblings."""


class _Chumpy(_Record):
    """chumpy.ch.Ch and chumpy's views."""


class _Object(_Record):
    """Python's own object, named where old pickles rebuild an instance."""


def _new_array(*_arguments: Any) -> _Array:
    return _Array()


def _new_instance(kind: Any, *_arguments: Any) -> _Record:
    if not (isinstance(kind, type) and issubclass(kind, _Record)):
        raise _Refused("an instance of an unknown class")
    return kind()


def _encode(text: str, encoding: str = "latin1", *_errors: Any) -> bytes:
    return text.encode("latin1")


_ARRAY_NAMES: dict[tuple[str, str], Callable[..., Any]] = {
    **{(m, "_reconstruct"): _new_array for m in ("numpy.core.multiarray", "numpy._core.multiarray")},
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    **{(m, "_reconstructor"): _new_instance for m in ("copy_reg", "copyreg")},
    **{(m, "object"): _Object for m in ("__builtin__", "builtins")},
    ("_codecs", "encode"): _encode,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ARRAY_NAMES:
            return _ARRAY_NAMES[module, name]
        if module.startswith("scipy.sparse") and re.fullmatch(r"cs[cr]_(matrix|array)", name):
            return type(name, (_Sparse,), {})
        if module.startswith("chumpy") and re.fullmatch(r"[A-Za-z]+", name):
            return type(name, (_Chumpy,), {})
        raise _Refused(f"{module}.{name}")


def read_pickle(path: Path) -> dict[str, Any]:
    """The file's dictionary: arrays as NumPy arrays, sparse matrices dense, text as str, what is neither left out.

    Raises InputError if the file is not such a pickle, names anything but arrays, or is not a dictionary.
    """
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise InputError(f"{path}: {path.stat().st_size} bytes, a body model has at most {MAXIMUM_BYTES}", _NEXT)
        with open(path, "rb") as file:
            raw = _Reader(file, encoding="latin1").load()
    except _Refused as error:
        raise InputError(f"{path}: the pickle wants {error}, which is not data; nothing was run", _NEXT) from None
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error})", "check body.model") from error
    except Exception as error:  # a damaged pickle can fail in any way
        raise InputError(f"{path}: not a readable pickle ({type(error).__name__}: {error})", _NEXT) from error
    if not isinstance(raw, dict):
        raise InputError(f"{path}: the pickle holds a {type(raw).__name__}, a dictionary of arrays expected", _NEXT)
    return {str(k): v for k, v in ((k, _plain(v, path)) for k, v in raw.items()) if v is not None}


def _plain(value: Any, path: Path) -> Any:
    """Text, a number or an array; None for what cannot be turned into one."""
    if isinstance(value, (str, int, float)):
        return value
    try:
        return _array(value)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        if isinstance(value, _Record):
            raise InputError(f"{path}: a {type(value).__name__} in the pickle is malformed ({error})", _NEXT) from error
        return None


def _array(value: Any) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, _Array):
        return _from_numpy(value)
    if isinstance(value, _Sparse):
        return _from_sparse(value)
    if isinstance(value, _Chumpy):
        return _from_chumpy(value)
    if isinstance(value, (list, tuple)) and all(isinstance(v, (int, float)) for v in value):
        return np.array(value, dtype=np.float64)
    raise TypeError(f"{type(value).__name__} is not an array")


def _from_numpy(value: _Array) -> np.ndarray:
    _, shape, dtype, fortran, data = value.state
    kind, order = dtype.arguments[0], dtype.state[1] if dtype.state else "="
    code = str(kind).lstrip("<>|=")
    if not _NUMERIC.match(code):
        raise TypeError(f"numpy type {kind!r} is not numeric")
    shape = tuple(int(n) for n in shape)
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    kind_read = np.dtype((">" if order == ">" else "<") + code)
    if len(raw) != math.prod(shape) * kind_read.itemsize:
        raise ValueError(f"{len(raw)} bytes for shape {shape}")
    array = np.frombuffer(raw, dtype=kind_read).astype(np.dtype(code))
    return array.reshape(shape, order="F" if fortran else "C")


def _from_sparse(value: _Sparse) -> np.ndarray:
    from scipy.sparse import csc_matrix, csr_matrix

    state = value.state
    shape = tuple(int(n) for n in state.get("_shape", state.get("shape")))
    if math.prod(shape) > 1 << 26:
        raise ValueError(f"a dense matrix of shape {shape} is too large")
    make = csr_matrix if type(value).__name__.startswith("csr") else csc_matrix
    matrix = make((_array(state["data"]), _array(state["indices"]), _array(state["indptr"])), shape=shape)
    matrix.check_format(full_check=True)
    return matrix.toarray()


def _from_chumpy(value: _Chumpy) -> np.ndarray:
    """A chumpy array's value: `x` of a plain one, picked out of `a` for a view (Select) or transposed."""
    state = value.state
    if "x" in state:
        return _array(state["x"])
    inner = _array(state["a"])
    if "idxs" in state:
        picked = inner.ravel()[_array(state["idxs"]).astype(np.int64)]
        shape = state.get("preferred_shape")
        return picked if shape is None else picked.reshape([int(n) for n in shape])
    axes = state.get("axes")
    return inner.transpose(None if axes is None else [int(n) for n in axes])
