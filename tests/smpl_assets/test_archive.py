"""Archives: what tarfile would write, read at random, the same bytes each time."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpl_assets.archive import ArchiveReader, ArchiveWriter
from smpl_assets.errors import StageError

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_.-", min_size=1, max_size=100)


@given(st.dictionaries(NAMES, st.binary(max_size=1500), max_size=5))
def test_an_archive_is_byte_for_byte_what_tarfile_writes(tmp_path_factory, members):
    path = tmp_path_factory.mktemp("tar") / "a.tar"
    with ArchiveWriter(path) as archive:
        for name, data in members.items():
            archive.add(name, data)
    expected = io.BytesIO()
    with tarfile.TarFile(fileobj=expected, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert path.read_bytes() == expected.getvalue()
    reader = ArchiveReader(path)
    assert {name: reader.read(name) for name in reader} == members


def test_a_name_that_is_too_long_is_refused(tmp_path: Path):
    with ArchiveWriter(tmp_path / "a.tar") as archive, pytest.raises(StageError, match="at most 100"):
        archive.add("x" * 101, b"")
