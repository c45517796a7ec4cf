"""How long work tells its caller how far it is."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Called with `done` of `total` items and any figures worth showing (loss=..., ...)."""

    def __call__(self, done: int, total: int, **figures: float) -> None:
        """Say how far it is."""
        ...


def silent(done: int, total: int, **figures: float) -> None:
    """The progress that shows nothing."""
