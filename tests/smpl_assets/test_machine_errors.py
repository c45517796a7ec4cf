import errno
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from smpl_assets.machine_errors import explained


@pytest.mark.parametrize(("free", "said"), [(0, "{folder}: no space left on the disk"), (1 << 30, "no space left on the disk")])
def test_a_full_temporary_folder_is_named_where_a_library_names_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, said: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    told = explained(OSError(errno.ENOSPC, "No space left on device"))
    assert told is not None
    assert told.what == said.format(folder=tmp_path)
