import pytest
import torch
from anny import paths
from safetensors.torch import save_file

from smpl_assets.body import anny_build
from smpl_assets.errors import InputError


@pytest.fixture
def cache(tmp_path, monkeypatch, anny):
    """An empty cache folder and a build that takes no time."""
    monkeypatch.setattr(anny_build, "build_anny_data", lambda: anny._all)
    monkeypatch.setattr(paths, "_ANNY_CACHE_DIR", [tmp_path / "anny"])
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


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path, monkeypatch, anny):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(paths, "_ANNY_CACHE_DIR", [tmp_path / "file" / "anny"])
    monkeypatch.setattr(anny_build, "build_anny_data", lambda: anny._all)
    with pytest.raises(InputError) as error:
        anny_build.load_anny_data()
    assert "ANNY_CACHE_DIR" in str(error.value)
