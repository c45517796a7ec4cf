"""Tracking pictures as they come: the network finds people, a tracker gives them ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from smpl_assets.errors import InputError
from training.tracking.checkpoint import load_tracker
from training.tracking.decode_settings import DecodeSettings
from training.tracking.eye import Eye, Sight
from training.tracking.method import Method, Setting
from training.tracking.network_settings import Head
from training.tracking.online import OnlineTracker
from training.tracking.people import People
from training.tracking.table import LEARNT, TRACKERS
from training.tracking.tracker import Seen

Image = UInt8[np.ndarray, "height width 3"]
KEPT = 64  # frames that flow may be asked of, and more where a track may be lost for longer


class LiveEvidence:
    """Flow from the network, as frames come; it keeps what it saw of the last frames."""

    def __init__(self, eye: Eye, frames: int = KEPT) -> None:
        self.eye, self.frames = eye, frames
        self._sights: dict[int, Sight] = {}

    def start(self) -> None:
        """Forget the sequence before."""
        self._sights.clear()

    def saw(self, number: int, sight: Sight) -> None:
        """Keep what was seen of a frame."""
        self._sights[number] = sight
        for old in sorted(self._sights)[: -self.frames]:
            del self._sights[old]

    def __call__(self, before: Seen, after: Seen, head: Head, stage: int | None) -> Float[np.ndarray, "before after"]:
        """See `Evidence`; InputError where the network has no such head or stage."""
        sights = [self._sights[seen.number] for seen in (before, after)]
        flow = self.eye.flow(sights[0], sights[1], before.people, after.people)
        key = (head, stage or len(self.eye.network.temporal))
        if key not in flow:
            has = ", ".join(f"{h} after {s}" for h, s in flow)
            raise InputError(f"this network says no flow of {head} after stage {key[1]}", f"it says that of {has}")
        return flow[key]


class LiveTracker:
    """A trained network and a tracker.

    >>> tracker = LiveTracker.load(Path("network.safetensors"), options={"online": True})
    >>> for image in images:  # RGB
    ...     people = tracker.step(image)
    """

    def __init__(self, eye: Eye, method: Method, options: Mapping[str, Any], network: Path | None = None) -> None:
        """`network`: the file, or its folder, of what the tracker itself learnt, where it learnt something."""
        chosen = method.options.model_validate(dict(options))
        self.eye, self.evidence = eye, LiveEvidence(eye, max(KEPT, (getattr(chosen, "memory", None) or 0) + 2))
        device = eye.device.type if eye.device.index is None else f"{eye.device.type}:{eye.device.index}"
        setting = Setting(eye.limbs.skeleton, network, device, evidence=self.evidence)
        self.tracker = method.open(chosen, setting)
        self._number = 0

    @classmethod
    def load(
        cls, file: Path, tracker: str = "tml", options: Mapping[str, Any] | None = None, device: str = "cpu",
        decode: DecodeSettings | None = None, height: int | None = None, network: Path | None = None,
    ) -> LiveTracker:  # fmt: skip
        """A tracker by name on a trained network.

        Args:
            file: the `network.safetensors` of `track_train`'s unit `tml`.
            tracker: by the name that rows take.
            options: of the tracker.
            device: `cpu`, `cuda` or `cuda:N`.
            decode: how maps become people.
            height: px that pictures are scaled to; None = taller ones to what the network learnt from, where its card says so.
            network: the file, or its folder, of what the tracker itself learnt.

        Raises:
            InputError: an unknown tracker or option, a file that is no trained tracker, or a network for a tracker without one.
        """
        if network is not None and tracker in TRACKERS.own and tracker not in LEARNT:
            what = f"tracker {tracker} reads no network of its own, {network} was given"
            raise InputError(what, f"leave it out; {', '.join(LEARNT)} read one")
        trained = load_tracker(file, device=device)
        eye = Eye(trained, decode or DecodeSettings(), height, trained.card.frame_height or None)
        return cls(eye, TRACKERS.load(tracker), options or {}, network)

    def track(self, images: Iterable[Image], name: str = "") -> Iterator[People]:
        """One sequence of RGB pictures from its beginning; people of each, in order, perhaps one frame late."""

        def seen() -> Iterator[Seen]:
            self._begin()
            for image in images:
                yield self._seen(image, name)

        return self.tracker.track(seen())

    def start(self) -> None:
        """Begin a sequence for `step`."""
        self._begin()
        self._online().start()

    def step(self, image: Image) -> People:
        """The next picture's people with ids, at once; InputError where the tracker is not `online`."""
        return self._online().step(self._seen(image, ""))

    def _begin(self) -> None:
        self._number = 0
        self.evidence.start()

    def _online(self) -> OnlineTracker:
        if not isinstance(self.tracker, OnlineTracker):
            raise InputError("this tracker looks a frame ahead and cannot go step by step", "open it with online = true")
        return self.tracker

    def _seen(self, image: Image, name: str) -> Seen:
        sight = self.eye.see(image)
        self.evidence.saw(self._number, sight)
        self._number += 1
        return Seen(name, self._number - 1, image.shape[0], image.shape[1], sight.people, cache(lambda: image))
