"""Phases of a training."""

from __future__ import annotations

import pytest
from torch import nn

from training.loop.phases import enter, phase_at, step_within
from training.systems.system import Phase

PHASES = (Phase(0.5, ("a.",)), Phase(0.25, ("b.",), (1,)), Phase(0.25))


def test_the_phase_at_a_share_of_the_training() -> None:
    assert [PHASES.index(phase_at(PHASES, share)) for share in (0, 0.49, 0.5, 0.74, 0.75, 0.99)] == [0, 0, 1, 1, 2, 2]
    assert phase_at((), 0.3) == Phase(1.0)


def test_every_phase_has_the_whole_schedule() -> None:
    assert [step_within(PHASES, step, 8) for step in range(9)] == pytest.approx([0, 2, 4, 6, 0, 4, 0, 4, 8])
    assert [step_within((), step, 8) for step in (0, 3, 8)] == [0, 3, 8]


def test_what_does_not_learn_does_not_change() -> None:
    """Neither its parameters nor the statistics of its batches; nothing of it is dropped."""
    net = nn.ModuleDict({n: nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout(0.5)) for n in "ab"}).train()
    enter(net, PHASES[1])
    assert [p.requires_grad for p in net["a"].parameters()] == [False] * 4
    assert [layer.training for layer in net["a"]][1:] == [False, False]
    assert [layer.training for layer in net["b"]][1:] == [True, True]
    enter(net, PHASES[2])
    assert all(p.requires_grad for p in net.parameters())
    assert all(layer.training for part in net.values() for layer in part)
