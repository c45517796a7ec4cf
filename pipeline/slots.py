"""What of a machine is taken: cores, and shares of its GPUs."""

from __future__ import annotations

from pipeline.unit import Unit
from pipeline.worker import workers_per_gpu
from smpl_assets.cores import usable_cores

CPU = "cpu"
EPSILON = 1e-9


class Slots:
    """Places of one machine.

    devices: its GPUs (`cuda:0`, ...), empty where there are none. workers: units at once, None for as many as there are cores.
    A unit takes one place, and its share of one GPU; one that uses all cores takes a machine without GPUs as a whole.
    """

    def __init__(self, devices: list[str], workers: int | None = None) -> None:
        self.size = workers or max(usable_cores(), len(devices))
        self.free = self.size
        self._room = dict.fromkeys(devices, 1.0)

    def takes_all(self, unit: Unit) -> bool:
        """Nothing runs beside it."""
        return self.size == 1 or (unit.threads == 0 and not self._room)

    def take(self, unit: Unit) -> str | None:
        """Where the unit runs from now on; None while there is no room for it."""
        if not self.free:
            return None
        share = self._share(unit)
        device = max(self._room, key=lambda d: self._room[d]) if share else CPU
        if share:
            if self._room[device] < share - EPSILON:
                return None
            self._room[device] -= share
        self.free -= 1
        return device

    def leave(self, unit: Unit, device: str) -> None:
        """The unit is finished."""
        self.free += 1
        if device != CPU:
            self._room[device] += self._share(unit)

    def _share(self, unit: Unit) -> float:
        """What it takes of a GPU: as many run on one as its memory holds."""
        return 1 / workers_per_gpu(unit.gpu_share) if unit.gpu_share and self._room else 0.0
