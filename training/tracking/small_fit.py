"""The training loop of the trackers' small networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from smpl_assets.work import Bench

FILE = "network.safetensors"
Network = TypeVar("Network", bound=nn.Module)
Batch = TypeVar("Batch")


def fit_small(
    make: Callable[[], Network], batches: Iterable[Batch], loss_of: Callable[[Network, Batch], Tensor], steps: int, bench: Bench
) -> list[float]:
    """Adam over all batches; writes `network.safetensors`, and gives the loss of each step. steps: how many batches there are."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(bench.seed)
        network = make().to(bench.device)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for step, batch in enumerate(batches, start=1):
        loss = loss_of(network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
        bench.progress(step, steps, loss=losses[-1])
    save_file({n: v.detach().cpu().contiguous() for n, v in network.state_dict().items()}, bench.out / FILE)
    return losses
