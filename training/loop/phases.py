"""Parts of a training in which only some of a network learns."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from training.systems.system import Phase


def phase_at(phases: Sequence[Phase], done: int | float) -> Phase:
    """The phase at a share of the training, in [0, 1); of none one in which everything learns."""
    reached = 0.0
    for phase in phases:
        reached += phase.share
        if done < reached:
            return phase
    return phases[-1] if phases else Phase(1.0)


def step_within(phases: Sequence[Phase], step: int, total: int) -> int | float:
    """Where in its phase a step is, as a step of `total`: each phase has the whole schedule of the learning rate."""
    reached = 0.0
    for phase in phases:
        if step < (reached + phase.share) * total - 1e-6:
            return (step - reached * total) / phase.share
        reached += phase.share
    return total if phases else step


def enter(network: nn.Module, phase: Phase) -> None:
    """Let only the phase's parameters learn; layers of the others neither drop anything nor follow the batches' statistics."""
    for name, value in network.named_parameters():
        value.requires_grad_(_learns(name, phase))
    for name, layer in network.named_modules():
        if isinstance(layer, (_BatchNorm, _DropoutNd)):
            layer.train(_learns(f"{name}.", phase))


def _learns(name: str, phase: Phase) -> bool:
    return not phase.learns or name.startswith(phase.learns)
