import errno
import os
import tempfile

import pytest
import torch
from safetensors.torch import save_file

from smpl_assets import caches
from smpl_assets.body import anny_build
from smpl_assets.caches import CACHES
from smpl_assets.errors import InputError


@pytest.fixture
def cache(tmp_path, monkeypatch, anny):
    """An empty cache folder and a build that takes no time."""
    monkeypatch.setattr(anny_build, "build_anny_data", lambda: anny._all)
    monkeypatch.setenv("ANNY_CACHE_DIR", str(tmp_path / "anny"))
    return tmp_path / "anny"


def _file(cache):
    (found,) = cache.glob("rarepose-*.safetensors")
    return found


def test_what_is_built_is_kept(cache, anny):
    assert torch.equal(anny_build.load_anny_data().template, anny._all.template)
    before = _file(cache).stat().st_mtime_ns
    again = anny_build.load_anny_data()
    assert torch.equal(again.basis, anny._all.basis)
    assert _file(cache).stat().st_mtime_ns == before
    assert not list(cache.glob("*.partial"))


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_damaged_cache_is_built_again(cache, anny, damage):
    anny_build.load_anny_data()
    path = _file(cache)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        save_file({"template": torch.zeros(3)}, path)
    assert torch.equal(anny_build.load_anny_data().template, anny._all.template)
    assert anny_build._cached(path) is not None


@pytest.fixture
def elsewhere(tmp_path, monkeypatch, anny):
    """A cache folder that cannot be made, and a temporary folder; the variables are put back afterwards."""
    for cache in CACHES:
        monkeypatch.setenv(cache.variable, os.environ.get(cache.variable, ""))
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("ANNY_CACHE_DIR", str(tmp_path / "file" / "anny"))
    monkeypatch.setattr(anny_build, "build_anny_data", lambda: anny._all)
    return tmp_path / "tmp"


def test_a_cache_that_cannot_be_written_is_kept_in_the_temporary_folder(elsewhere, anny):
    assert torch.equal(anny_build.load_anny_data().template, anny._all.template)
    (kept,) = elsewhere.glob("rarepose-*/anny/rarepose-*.safetensors")
    before = kept.stat().st_mtime_ns
    assert torch.equal(anny_build.load_anny_data().template, anny._all.template)
    assert kept.stat().st_mtime_ns == before


def test_nowhere_to_keep_it_says_what_to_set(elsewhere, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(anny_build, "_save", full)
    with pytest.raises(InputError, match=r"cannot be kept there.*No space left") as error:
        anny_build.load_anny_data()
    assert "ANNY_CACHE_DIR" in error.value.next_step


def test_a_cache_that_can_only_be_read_is_used(cache, anny, monkeypatch):
    """A prepared image of a cluster: its cache is there, and nobody may write to it."""
    anny_build.load_anny_data()
    monkeypatch.setattr(caches, "can_be_written", lambda folder: False)
    monkeypatch.setattr(anny_build, "build_anny_data", lambda: pytest.fail("built again"))
    assert torch.equal(anny_build.load_anny_data().template, anny._all.template)
    assert os.environ["ANNY_CACHE_DIR"] == str(cache)
