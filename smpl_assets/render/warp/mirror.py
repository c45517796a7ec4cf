"""Growing tables of the host, kept up to date on a device."""

from __future__ import annotations

from typing import Any

import warp as wp

from smpl_assets.render.warp.packing import GrowingTable

KINDS = {
    "faces": wp.vec3i, "uvs": wp.vec2, "uv_faces": wp.vec3i, "starts": int, "touching": int, "texels": wp.uint32,
    "drawn": int, "lifts": float,
}  # fmt: skip


class Mirror:
    """A growing table's copy on a device; on the CPU the table itself."""

    def __init__(self, device: str, dtype: Any) -> None:
        self.device, self.dtype = device, dtype
        self._array: wp.array | None = None
        self._version = -1
        self._sent = 0

    def current(self, table: GrowingTable) -> wp.array:
        """The device's array, with all rows of the table."""
        if self._array is None or self._version != table.version:
            self._array = wp.array(table.data, dtype=self.dtype, device=self.device, copy=self.device != "cpu")
        elif self.device != "cpu" and self._sent < table.used:
            fresh: Any = wp.array(table.data[self._sent : table.used], dtype=self.dtype, device="cpu", copy=False)
            wp.copy(self._array, fresh, dest_offset=self._sent, count=table.used - self._sent)
        self._version, self._sent = table.version, table.used
        return self._array
