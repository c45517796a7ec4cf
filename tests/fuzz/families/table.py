"""The families by name."""

from __future__ import annotations

from importlib import import_module

from tests.fuzz.case import Family

NAMES = ("coco", "mpii", "lsp", "posetrack", "yolo", "toml", "images", "bvh", "amass", "smpl", "checkpoints", "stores")


def load(name: str) -> Family:
    """The family of that name."""
    family: Family = import_module(f"tests.fuzz.families.{name}").FAMILY
    return family
