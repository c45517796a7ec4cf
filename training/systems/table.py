"""Pose systems by the name that `train.network` takes."""

from collections.abc import Mapping
from typing import Any

from smpl_assets.plugins import Plugin, Table
from training.systems import more_presets, presets

_OFFSET, _OFFSET_OPTIONS = "training.systems.offset_guided", "training.systems.offset_options:OffsetOptions"
_INTEGRAL, _INTEGRAL_OPTIONS = "training.systems.integral_regression", "training.systems.offset_options:IntegralOptions"
_DEEP_POSE, _DEEP_POSE_OPTIONS = "training.systems.deep_pose", "training.systems.coordinate_options:DeepPoseOptions"
_REGRESSOR, _REGRESSOR_OPTIONS = "training.systems.regressors", "training.systems.coordinate_options:RegressorOptions"
_SIMPLE, _OPTIONS = "training.systems.simple_baseline", "training.systems.options:SimpleOptions"


def _simple(attribute: str, preset: Mapping[str, Any] | None = None) -> Plugin:
    return Plugin(_SIMPLE, attribute, options=_OPTIONS, preset=preset or {})


def _cpn(attribute: str, preset: Mapping[str, Any] | None = None) -> Plugin:
    options = "training.systems.cascaded_pyramid_options:PyramidOptions"
    return Plugin("training.systems.cascaded_pyramid", attribute, options=options, preset=preset or {})


SYSTEMS = Table(
    "train.network",
    {
        "simple_tiny": _simple("TINY"),
        "simple_small": _simple("SMALL"),
        "simple_resnet18": _simple("RESNET18"),
        "simple_resnet34": _simple("RESNET34"),
        "simple_resnet50": _simple("RESNET50", presets.SIMPLE),
        "simple_resnet101": _simple("RESNET101", presets.SIMPLE),
        "simple_resnet152": _simple("RESNET152", presets.SIMPLE),
        "cpn_tiny": _cpn("TINY"),
        "cpn_resnet50": _cpn("RESNET50", presets.CPN),
        "cpn_resnet101": _cpn("RESNET101", presets.CPN),
        "simple_mobilenet_v2": Plugin("training.systems.simple_mobilenet", "MOBILENET_V2", options=_OPTIONS),
        "ogn_tiny": Plugin(_OFFSET, "TINY", options=_OFFSET_OPTIONS),
        "ogn_resnet50": Plugin(_OFFSET, "RESNET50", options=_OFFSET_OPTIONS, preset=more_presets.OFFSET),
        "ogn_resnet101": Plugin(_OFFSET, "RESNET101", options=_OFFSET_OPTIONS, preset=more_presets.OFFSET),
        "ogn_resnet152": Plugin(_OFFSET, "RESNET152", options=_OFFSET_OPTIONS, preset=more_presets.OFFSET),
        "integral_tiny": Plugin(_INTEGRAL, "TINY", options=_INTEGRAL_OPTIONS),
        "integral_resnet50": Plugin(_INTEGRAL, "RESNET50", options=_INTEGRAL_OPTIONS, preset=more_presets.INTEGRAL),
        "integral_resnet101": Plugin(_INTEGRAL, "RESNET101", options=_INTEGRAL_OPTIONS, preset=more_presets.INTEGRAL),
        "deep_pose_tiny": Plugin(_DEEP_POSE, "TINY", options=_DEEP_POSE_OPTIONS),
        "deep_pose": Plugin(_DEEP_POSE, "PUBLISHED", options=_DEEP_POSE_OPTIONS, preset=more_presets.DEEP_POSE),
        "regressor_tiny": Plugin(_REGRESSOR, "TINY", options=_REGRESSOR_OPTIONS),
        "regressor_baseline1": Plugin(_REGRESSOR, "BASELINE1", options=_REGRESSOR_OPTIONS, preset=more_presets.SHALLOW),
        "regressor_baseline2": Plugin(_REGRESSOR, "BASELINE2", options=_REGRESSOR_OPTIONS, preset=more_presets.SHALLOW),
        "regressor_alexnet": Plugin(_REGRESSOR, "ALEXNET", options=_REGRESSOR_OPTIONS, preset=more_presets.REGRESSOR),
        "regressor_vgg19": Plugin(_REGRESSOR, "VGG19", options=_REGRESSOR_OPTIONS, preset=more_presets.REGRESSOR),
    },
    group="rarepose.systems",
)
