import pytest
import torch

from smpl_assets.errors import StageError
from smpl_assets.inverse.prior import PosePrior, learn_prior


@pytest.fixture(scope="module")
def poses():
    g = torch.Generator().manual_seed(0)
    middle = 0.5 * torch.randn(2, 69, generator=g)
    return middle[torch.arange(600) % 2] + 0.1 * torch.randn(600, 69, generator=g)


def test_poses_like_the_pool_are_no_surprise(poses):
    prior = learn_prior(poses, 2, 0)
    assert 0.5 < prior.surprise(poses).mean() < 1.1
    assert (prior.surprise(poses + 1.0) > 3.0).all()
    assert prior.nearest(poses).unique().numel() == 2


def test_prior_survives_the_disk_and_is_the_same_each_time(poses, tmp_path):
    for name in ("a", "b"):
        learn_prior(poses, 2, 0).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    torch.testing.assert_close(PosePrior.load(tmp_path / "a").means, learn_prior(poses, 2, 0).means)


def test_few_poses_get_few_components(poses):
    assert len(learn_prior(poses[:150], 12, 0).means) == 1


def test_another_file_is_one_clear_error(tmp_path):
    (tmp_path / "prior.safetensors").write_text("no")
    with pytest.raises(StageError, match="not a pose prior"):
        PosePrior.load(tmp_path / "prior.safetensors")
