"""The start weights that come with RarePose. Imports nothing heavy: planning asks where they are."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path

from smpl_assets.errors import InputError
from training.train_settings import AUTO, RENDER, SCRATCH, SHIPPED, NetworkSettings

WEIGHTS = Path(__file__).with_name("weights")
SMALL_SET = 20_000  # people; larger sets make up for a start from chance


def shipped_networks() -> tuple[str, ...]:
    """Systems that weights are shipped for."""
    return tuple(sorted(path.stem for path in WEIGHTS.glob("*.safetensors")))


def start_file(settings: NetworkSettings) -> Path | None:
    """The file that a network may start from, as far as the settings say; None for `scratch`, `render`, and `auto` without one.

    Raises:
        InputError: `shipped`, and nothing is shipped for this network or with these options.
    """
    if settings.start in (SCRATCH, RENDER):
        return None
    if settings.start not in (SHIPPED, AUTO):
        return Path(settings.start).expanduser()
    plain = not settings.options and not settings.codec and (settings.start == SHIPPED or settings.weights is None)
    if plain and settings.network in shipped_networks():
        return WEIGHTS / f"{settings.network}.safetensors"
    if settings.start == AUTO:
        return None
    raise InputError(
        f"train.start = 'shipped': no weights are shipped for {settings.network}{'' if plain else ' with options or a codec'}",
        f"shipped for: {', '.join(shipped_networks()) or 'none'}; train.start = 'render' makes some",
    )


def worthwhile(settings: NetworkSettings, people: Sized) -> bool:
    """Whether a network starts from its file: always where the user says so, under `auto` where the set is small."""
    return settings.start != AUTO or len(people) < SMALL_SET
