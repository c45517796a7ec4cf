import pickle

import torch
from torch import nn

from training.loop.average import MovingAverage


def test_it_is_the_average_with_its_warm_up():
    network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1))
    average = pickle.loads(pickle.dumps(MovingAverage(network, 0.5)))
    values, expected = [1.0, 3.0, 7.0, 2.0, 5.0] * 3, 0.0
    for step, value in enumerate(values):
        with torch.no_grad():
            network[0].weight.fill_(value)
            network[1].running_mean.fill_(-value)
        average.update_parameters(network)
        decay = min(0.5, (1 + step) / (10 + step)) if step else 0.0
        expected = decay * expected + (1 - decay) * value
    assert network[0].weight.item() == 5.0
    average.copy_to(network)
    assert abs(network[0].weight.item() - expected) < 1e-6
    assert abs(network[1].running_mean.item() + expected) < 1e-6


def test_it_learns_nothing_itself():
    network = nn.Linear(2, 2)
    average = MovingAverage(network, 0.9)
    assert not any(p.requires_grad for p in average.parameters())
    assert all(p.requires_grad for p in network.parameters())
