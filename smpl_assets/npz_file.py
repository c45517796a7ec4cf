"""NumPy's .npz and .npy files, read without pickles, with errors that list what a file holds."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from smpl_assets.errors import InputError
from smpl_assets.file_kind import cannot_be_read

# What reading a damaged archive raises, beside numpy's own ValueError for damaged headers.
_BROKEN = (OSError, ValueError, EOFError, KeyError, TypeError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
_FETCH = "fetch it again from where it came from"
_LARGEST = 1 << 30  # bytes of one array; the largest of a body model have an eighth of that


@runtime_checkable
class ByteStream(Protocol):
    """A file opened in binary, or a member of an archive."""

    def read(self, size: int = ..., /) -> bytes:
        """So many bytes, all without a number."""
        ...

    def readline(self) -> bytes:
        """The bytes up to the next newline."""
        ...


# Reads an array of Python objects from its pickle, which numpy would run.
ReadObjects = Callable[[ByteStream], np.ndarray]


class _NoArray(ValueError):
    """A zip archive of something else."""


def is_zip(path: Path) -> bool:
    """Whether a file begins as .npz files do; False where it cannot be opened."""
    return _begins(path, b"PK\x03\x04")


def read_npz(
    path: Path, names: Collection[str], wanted: str, next_step: str, objects: ReadObjects | None = None
) -> tuple[dict[str, np.ndarray], str]:
    """The arrays of these names that a .npz holds, and a list of all that it holds: `poses (120, 156), trans (120, 3)`.

    Args:
        path: the file.
        names: of the arrays to be read; the others are only looked at.
        wanted: what the file should be, for errors: `AMASS's .npz`.
        next_step: what to do otherwise.
        objects: reads an array of Python objects; without it such an array is an error.

    Raises:
        InputError: the file is no such archive or damaged, or a wanted array holds Python objects.
    """
    try:
        with zipfile.ZipFile(path) as zipped:
            members = {n.removesuffix(".npy"): n for n in zipped.namelist() if n.endswith(".npy")}
            if not members:
                raise _NoArray("it holds no array")
            shapes = {name: _shape(zipped, member) for name, member in members.items()}
            arrays = {name: _array(zipped, members[name], path, objects) for name in names if name in members}
    except MemoryError as error:
        raise InputError(f"{path}: one of its arrays claims more than this machine's memory", next_step) from error
    except _BROKEN as error:
        if is_zip(path) and not isinstance(error, _NoArray):
            raise InputError(f"{path}: damaged or cut off ({error})", _FETCH) from error
        raise cannot_be_read(path, wanted, error, next_step) from error
    return arrays, ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items()))


def read_npy(path: Path, wanted: str, next_step: str) -> np.ndarray:
    """The array of a .npy file; InputError where it is none, or holds Python objects."""
    try:
        with open(path, "rb") as file:
            shape, _, dtype = _header(file)
            if dtype.hasobject:
                raise InputError(f"{path}: holds Python objects, which are not opened", "save it as an array of numbers")
            _check_size(path, path.name, shape, dtype)
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    except MemoryError as error:
        raise InputError(f"{path}: its array claims more than this machine's memory", next_step) from error
    except _BROKEN as error:
        if _begins(path, np.lib.format.MAGIC_PREFIX):
            raise InputError(f"{path}: damaged or cut off ({error})", _FETCH) from error
        raise cannot_be_read(path, wanted, error, next_step) from error


def _begins(path: Path, sign: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(sign)) == sign
    except OSError:
        return False


def _shape(zipped: zipfile.ZipFile, member: str) -> str:
    with zipped.open(member) as file:
        shape, _, dtype = _header(file)
    return f"{shape} of Python objects" if dtype.hasobject else str(shape)


def _header(file: ByteStream) -> tuple[tuple[int, ...], bool, np.dtype]:
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in read:
        raise ValueError(f"an array of format version {version}")
    shape, fortran, dtype = read[version](file)
    return shape, fortran, dtype


def _check_size(path: Path, name: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """InputError where an array claims so much that nobody means it: a few bytes of zeros unpack to as much as they like."""
    size, most = math.prod(shape) * dtype.itemsize / 2**30, _LARGEST / 2**30
    if size > most:
        what = f"{path}: {name.removesuffix('.npy')} {shape} claims {size:.1f} GiB; at most {most:.0f} GiB are read"
        raise InputError(what, "split it into several files")


def _array(zipped: zipfile.ZipFile, member: str, path: Path, objects: ReadObjects | None) -> np.ndarray:
    with zipped.open(member) as file:
        shape, _, dtype = _header(file)
        if dtype.hasobject:
            if objects is None:
                what = f"{path}: '{member.removesuffix('.npy')}' holds Python objects, which are not opened"
                raise InputError(what, "save it as an array of numbers")
            return objects(file)
    _check_size(path, member, shape, dtype)
    with zipped.open(member) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
