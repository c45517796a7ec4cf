"""Inert records of what a pickle's classes hold, and the arrays that they stand for."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

_NUMERIC = re.compile(r"^[<>|=]?[biuf][1248]$")
_MOST_DENSE = 1 << 26  # numbers of a dense matrix that a sparse one may become


class Record:
    """What stands for an instance of a class named in the pickle: its arguments and state, nothing else."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Array(Record):
    """numpy.ndarray: its state is (version, shape, dtype, Fortran order, bytes)."""


class Buffered(Record):
    """A numpy array of pickle's protocol 5: its arguments are bytes, dtype, shape, order, axes (order K)."""


class Scalar(Record):
    """A number of numpy: its arguments are dtype and bytes."""


class Dtype(Record):
    """numpy.dtype."""


class Sparse(Record):
    """scipy.sparse.csc_matrix and its siblings."""


class Chumpy(Record):
    """chumpy.ch.Ch and chumpy's views."""


class Inert(Record):
    """Python's own set, slice, ...: what models carry beside their arrays."""

    def append(self, _item: Any) -> None:
        """Items of a set that comes as a list; nobody asks for them."""


def array_of(value: Any) -> np.ndarray:
    """The array that a record stands for, dense; TypeError, ValueError, ... where it stands for none, or is broken."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, Array):
        _, shape, dtype, fortran, data = value.state
        return _from_bytes(data, dtype, shape, bool(fortran))
    if isinstance(value, Buffered):
        data, dtype, shape, order, *axes = value.arguments
        array = _from_bytes(data, dtype, shape, order == "F")
        return array.transpose(_integers(axes[0])) if order == "K" and axes and axes[0] is not None else array
    if isinstance(value, Scalar):
        dtype, data = value.arguments
        return _from_bytes(data, dtype, (), False)
    if isinstance(value, Sparse):
        return _from_sparse(value)
    if isinstance(value, Chumpy):
        return _from_chumpy(value)
    if isinstance(value, (list, tuple)):
        numbers = all(isinstance(v, (int, float)) for v in value)
        return np.array(value, dtype=np.float64) if numbers else np.stack([array_of(v) for v in value])
    raise TypeError(f"{type(value).__name__} is not an array")


def _from_bytes(data: Any, dtype: Dtype, shape: Any, fortran: bool) -> np.ndarray:
    code = _code(dtype)
    shape = _integers(shape)
    if code == "O" and isinstance(data, list) and len(data) == math.prod(shape) == 1:
        return array_of(data[0])  # np.savez wraps what is no array into one
    if not _NUMERIC.match(code):
        raise TypeError(f"numpy type {code!r} is not numeric")
    order = dtype.state[1] if dtype.state else "="
    read = np.dtype((">" if order == ">" else "<") + code)
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    if len(raw) != math.prod(shape) * read.itemsize:
        raise ValueError(f"{len(raw)} bytes for shape {shape}")
    return np.frombuffer(raw, dtype=read).astype(np.dtype(code)).reshape(shape, order="F" if fortran else "C")


def _code(dtype: Any) -> str:
    if not isinstance(dtype, Dtype):
        raise TypeError(f"{type(dtype).__name__} where a numpy type should be")
    kind = dtype.arguments[0]
    code = (kind.decode("latin1") if isinstance(kind, bytes) else str(kind)).lstrip("<>|=")
    return "O" if code.startswith("O") else code


def _from_sparse(value: Sparse) -> np.ndarray:
    from scipy import sparse

    kind, state = type(value).__name__[:3], value.state
    shape = _integers(state.get("_shape", state.get("shape")))
    if math.prod(shape) > _MOST_DENSE:
        raise ValueError(f"a dense matrix of shape {shape} is too large")
    if kind == "coo":
        row, column = state["coords"] if "coords" in state else (state["row"], state["col"])
        return sparse.coo_matrix((array_of(state["data"]), (array_of(row), array_of(column))), shape=shape).toarray()
    if kind == "dia":
        return sparse.dia_matrix((array_of(state["data"]), array_of(state["offsets"])), shape=shape).toarray()
    makers = {"csc": sparse.csc_matrix, "csr": sparse.csr_matrix, "bsr": sparse.bsr_matrix}
    if kind not in makers:
        raise TypeError(f"a sparse matrix of the kind {kind} is not read, csc, csr, coo, bsr and dia are")
    matrix = makers[kind](tuple(array_of(state[n]) for n in ("data", "indices", "indptr")), shape=shape)
    matrix.check_format(full_check=True)
    return matrix.toarray()


def _from_chumpy(value: Chumpy) -> np.ndarray:
    """A chumpy array's value: `x` of a plain one, the same numbers in another order for chumpy's views of one."""
    kind, state = type(value).__name__, value.state
    if kind == "Ch":
        return array_of(state["x"])
    if kind == "Concatenate":
        return np.concatenate([array_of(state[name]) for name in state["dterms"]], axis=int(state["axis"]))
    if kind == "AtleastNd":
        inner = array_of(state["x"])
        return (np.atleast_1d, np.atleast_2d, np.atleast_3d)[int(state["ndims"]) - 1](inner)
    if kind not in ("Select", "Reshape", "transpose", "swapaxes", "rollaxis"):
        raise TypeError(f"chumpy's {kind} is computed, not stored; save the model's values as plain arrays")
    inner = array_of(state["a"])
    if kind == "Select":
        picked = inner.ravel()[array_of(state["idxs"]).astype(np.int64)]
        shape = state.get("preferred_shape")
        return picked if shape is None else picked.reshape(_integers(shape))
    if kind == "Reshape":
        return inner.reshape(_integers(state["newshape"]))
    if kind == "transpose":
        axes = state.get("axes")
        return inner.transpose(None if axes is None else _integers(axes))
    if kind == "swapaxes":
        return inner.swapaxes(int(state["axis1"]), int(state["axis2"]))
    return np.rollaxis(inner, int(state["axis"]), int(state.get("start", 0)))


def _integers(value: Any) -> tuple[int, ...]:
    if isinstance(value, Record):
        value = array_of(value).tolist()
    return (int(value),) if isinstance(value, int) else tuple(int(n if isinstance(n, int) else array_of(n)) for n in value)
