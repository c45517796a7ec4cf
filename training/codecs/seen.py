"""Heatmaps of seen joints alone: where a joint is annotated but hidden, the map has to stay empty (GlobalNet of CPN)."""

from __future__ import annotations

from dataclasses import dataclass

from training.codecs.codec import Frame, People
from training.codecs.heatmap import Heatmap, HeatmapTargets


@dataclass(frozen=True)
class SeenHeatmap(Heatmap):
    """`Heatmap` with empty targets for hidden joints. Joints without annotation have no target at all."""

    def targets(self, people: People, frame: Frame) -> HeatmapTargets:
        """Gaussians about the joints that are seen, nothing on the maps of hidden ones."""
        whole = super().targets(people, frame)
        return HeatmapTargets(whole.heatmaps * people.seen[..., None, None], whole.supervised)
