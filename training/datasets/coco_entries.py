"""What COCO-like entries say of themselves before anything of them is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from training.datasets.identity import Identity, identity

# Categories that name no keypoints, yet have people: a photograph with one of them on it is none without people.
PERSON_WORDS = frozenset({"person", "people", "human", "humans", "pedestrian", "pedestrians", "man", "woman", "child", "player"})


def known_as(categories: Iterable[dict[str, Any]]) -> set[Identity]:
    """What annotations may name these categories by: their ids, and their names in lower case."""
    found: set[Identity] = set()
    for category in categories:
        name = category.get("name")
        text = identity(name.casefold()) if isinstance(name, str) else None
        found |= {text} if isinstance(text, str) else set()
        found |= {number} if (number := category_of({"category_id": category.get("id")})) is not None else set()
    return found


def category_of(entry: dict[str, Any]) -> Identity | None:
    """The category that an annotation names; None if it is no id or name."""
    given = entry.get("category_id")
    return identity(given.casefold() if isinstance(given, str) else given)


def image_of(entry: Any) -> Identity | None:
    """The image that an annotation names; None if it names none."""
    return identity(entry.get("image_id")) if isinstance(entry, dict) else None


def has_joints(entry: Any) -> bool:
    """Whether an entry has a joint with a flag above 0."""
    values = entry.get("keypoints") if isinstance(entry, dict) else None
    return isinstance(values, list) and any(isinstance(f, (int, float)) and f > 0 for f in values[2::3])


def are_numbers(values: Any) -> bool:
    """Whether these are finite numbers that can be meant."""
    return isinstance(values, list) and all(isinstance(v, (int, float)) and abs(v) < 1e9 for v in values)


def reaches(people: Sequence[dict[str, Any]]) -> dict[Identity, tuple[float, float]]:
    """Image id -> the farthest annotated joint on it (x, y), px, of annotations with COCO's flat x, y, flag lists."""
    found: dict[Identity, tuple[float, float]] = {}
    for person in people:
        image, values = image_of(person), person.get("keypoints") or []
        if image is None or not has_joints(person) or not are_numbers(values) or len(values) % 3:
            continue
        rows = np.asarray(values, np.float64).reshape(-1, 3)
        x, y = rows[rows[:, 2] > 0, :2].max(axis=0).tolist()
        far = found.get(image, (0.0, 0.0))
        found[image] = (max(x, far[0]), max(y, far[1]))
    return found
