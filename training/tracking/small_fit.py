"""The training loop of the trackers' small networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from smpl_assets.work import Bench
from training.tracking.network_file import FILE, write_network

Network = TypeVar("Network", bound=nn.Module)
Batch = TypeVar("Batch")


def fit_small(
    make: Callable[[], Network], batches: Iterable[Batch], loss_of: Callable[[Network, Batch], Tensor], steps: int, bench: Bench,
    kind: str, card: Mapping[str, Any],
) -> list[float]:  # fmt: skip
    """Adam over all batches; writes `network.safetensors`, and gives the loss of each step. steps: how many batches there are.

    kind, card: of the file (`network_file`).
    """
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
    write_network(bench.out / FILE, {n: v.detach().cpu() for n, v in network.state_dict().items()}, kind, card)
    return losses
