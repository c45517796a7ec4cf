"""Pose systems by the name that `train.network` takes."""

from smpl_assets.plugins import Plugin, Table

_SIMPLE, _OPTIONS = "training.systems.simple_baseline", "training.systems.options:SimpleOptions"


def _simple(attribute: str) -> Plugin:
    return Plugin(_SIMPLE, attribute, options=_OPTIONS)


SYSTEMS = Table(
    "train.network",
    {
        "simple_tiny": _simple("TINY"),
        "simple_small": _simple("SMALL"),
        "simple_resnet18": _simple("RESNET18"),
        "simple_resnet34": _simple("RESNET34"),
        "simple_resnet50": _simple("RESNET50"),
        "simple_resnet101": _simple("RESNET101"),
        "simple_resnet152": _simple("RESNET152"),
        "simple_mobilenet_v2": Plugin("training.systems.simple_mobilenet", "MOBILENET_V2", options=_OPTIONS),
    },
    group="rarepose.systems",
)
