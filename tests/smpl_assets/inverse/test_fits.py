import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.inverse.fits import Fits, empty_fits


def _fits(n: int = 3) -> Fits:
    return empty_fits(np.arange(n), ["fewer than 6 annotated joints"] * n, 16, 12, "anny")


def test_fits_survive_the_disk(tmp_path):
    fits = _fits()
    fits.save(tmp_path / "fits.npz")
    back = Fits.load(tmp_path / "fits.npz")
    assert back.reason == fits.reason
    assert back.body == "anny"
    np.testing.assert_array_equal(back.body_pose, fits.body_pose)


def test_the_same_fits_are_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        _fits().save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_no_fits_at_all_are_fits(tmp_path):
    _fits(0).save(tmp_path / "fits.npz")
    assert len(Fits.load(tmp_path / "fits.npz")) == 0


def test_another_file_is_one_clear_error(tmp_path):
    (tmp_path / "fits.npz").write_text("no")
    with pytest.raises(StageError, match="not a readable Fits file"):
        Fits.load(tmp_path / "fits.npz")


def test_shards_join_in_order():
    parts = [_fits(2).select(np.array([1])), _fits(3)]
    assert Fits.concatenate(parts).person.tolist() == [1, 0, 1, 2]
    with pytest.raises(StageError, match="no Fits to join"):
        Fits.concatenate([])
