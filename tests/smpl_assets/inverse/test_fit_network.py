import pytest
import torch

from smpl_assets.inverse import fit_network as training
from smpl_assets.inverse.fit_network import fit_network
from smpl_assets.inverse.pairs import PairSource
from smpl_assets.work import Bench
from tests.smpl_assets.inverse.conftest import TINY


class Interrupted(Exception):
    pass


def _source(rig):
    settings = TINY.model_copy(update={"steps": 6, "batch": 8, "width": 16})
    return PairSource(
        rig, 0.2 * torch.randn(20, 23, 3, generator=torch.Generator().manual_seed(0)), torch.eye(3).expand(20, 3, 3), settings, 0
    )


def test_an_interrupted_training_goes_on_to_the_same_weights(rig, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHUNK", 2)
    monkeypatch.setattr(training, "FIGURES_EVERY", 1)
    whole, figures = fit_network(_source(rig), Bench(0, tmp_path))

    def stop(done: int, total: int, **_: float) -> None:
        if done == 5:
            raise Interrupted

    with pytest.raises(Interrupted):
        fit_network(_source(rig), Bench(0, tmp_path, progress=stop, scratch=tmp_path))
    assert [p.suffix for p in tmp_path.iterdir()] == [".ckpt"]
    steps = []
    bench = Bench(0, tmp_path, progress=lambda done, total, **_: steps.append(done), scratch=tmp_path)
    resumed, again = fit_network(_source(rig), bench)
    assert min(steps) == 5
    assert [f["step"] for f in again] == [f["step"] for f in figures]
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, rtol=0, atol=0)
