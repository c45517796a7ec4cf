"""What the renderer does when a device's memory is too small, and what it keeps."""

from __future__ import annotations

import logging
import weakref

import numpy as np
import pytest

from smpl_assets.errors import StageError
from smpl_assets.render.warp import packing
from smpl_assets.render.warp.backend import WarpBackend
from tests.smpl_assets.render.conftest import person, plain, quad, scene


class Block:
    """Stands for device memory."""


def crowded(monkeypatch: pytest.MonkeyPatch, room: int) -> tuple[WarpBackend, list[weakref.ref[Block]]]:
    """A backend whose device holds `room` scenes at once, and the blocks that failed attempts had allocated."""
    backend, blocks = WarpBackend("cpu"), list[weakref.ref[Block]]()
    render = backend._render

    def attempt(scenes):
        assert not any(block() for block in blocks)
        if len(scenes) <= room:
            return render(scenes)
        held = Block()
        blocks.append(weakref.ref(held))
        raise RuntimeError("Failed to allocate 5 bytes on device 'cuda:0'")

    monkeypatch.setattr(backend, "_render", attempt)
    return backend, blocks


def test_too_little_memory_halves_the_batch_and_is_said_once(monkeypatch, caplog):
    scenes = [scene(person(quad(2.0, 0.2 + 0.1 * i, plain((200, 20, 20))))) for i in range(5)]
    backend, blocks = crowded(monkeypatch, 1)
    with caplog.at_level(logging.WARNING):
        found = backend.render(scenes)
    for one, other in zip(found, WarpBackend("cpu").render(scenes), strict=True):
        assert np.array_equal(one.subject, other.subject)
    assert len(blocks) == 4
    assert len(caplog.records) == 1


def test_a_scene_that_fits_nowhere_is_an_error_with_a_next_step(monkeypatch):
    backend, _ = crowded(monkeypatch, 0)
    with pytest.raises(StageError, match="no memory for one scene") as error:
        backend.render([scene(person(quad(2.0, 0.4, plain((200, 20, 20)))))] * 2)
    assert "image_size" in (error.value.next_step or "")


def test_textures_are_forgotten_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(packing, "MAX_TEXELS", 5000)
    backend, fresh = WarpBackend("cpu"), WarpBackend("cpu")
    for i in range(8):
        one = scene(person(quad(2.0, 0.4, plain((20 * i, 90, 90, 255), 32))))
        out = backend.render([one])[0]
        assert backend.textures.tables["texels"].used <= 5000
        assert np.array_equal(out.subject, fresh.render([one])[0].subject)
