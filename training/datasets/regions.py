"""Regions in which people are not annotated, as COCO segmentations."""

from __future__ import annotations

from typing import Any


def crowd_region(entry: dict[str, Any]) -> list[Any]:
    """An annotation's region as a list of one segmentation: its run lengths or polygons, else its box; [] without either."""
    region, box = entry.get("segmentation"), entry.get("bbox")
    if isinstance(region, dict) and {"size", "counts"} <= region.keys():
        return [{"size": region["size"], "counts": region["counts"]}]
    if isinstance(region, list) and region and all(_is_outline(p) for p in region):
        return [region]
    if not isinstance(box, list) or not _are_numbers(box, 4):
        return []
    x, y, width, height = box
    return [[[x, y, x + width, y, x + width, y + height, x, y + height]]]


def polygons(xs: Any, ys: Any) -> list[Any]:
    """PoseTrack's outlines (a list of x and one of y each, px counted from 0) as segmentations; bad ones are left out."""
    if not isinstance(xs, list) or not isinstance(ys, list):
        return []
    found = []
    for x, y in zip(xs, ys, strict=False):
        if isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
            outline = [v for pair in zip(x, y, strict=True) for v in pair]
            if _is_outline(outline):
                found.append([[v + 0.5 for v in outline]])
    return found


def _is_outline(points: Any) -> bool:
    return isinstance(points, list) and len(points) >= 6 and len(points) % 2 == 0 and _are_numbers(points, len(points))


def _are_numbers(values: Any, count: int) -> bool:
    return isinstance(values, list) and len(values) == count and all(isinstance(v, (int, float)) and abs(v) < 1e9 for v in values)
