"""An exponential moving average of a network's weights."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn
from torch.optim.swa_utils import PARAM_LIST, AveragedModel, get_ema_multi_avg_fn


class MovingAverage(AveragedModel):
    """The average of a network over the steps of its training, batch normalisation's statistics included.

    The first update copies the network; update t (from 1) keeps min(decay, (1 + t) / (10 + t)) of what was before it.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        super().__init__(network, multi_avg_fn=partial(_update, decay), use_buffers=True)
        self.requires_grad_(False)

    def copy_to(self, network: nn.Module) -> None:
        """Make the network its average."""
        network.load_state_dict(self.module.state_dict())


def _update(decay: float, average: PARAM_LIST, current: PARAM_LIST, updates: Tensor | int) -> None:
    done = int(updates)
    get_ema_multi_avg_fn(min(decay, (1 + done) / (10 + done)))(average, current, updates)
