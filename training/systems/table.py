"""Pose systems by the name that `train.network` takes."""

from collections.abc import Mapping
from typing import Any

from smpl_assets.plugins import Plugin, Table
from training.systems import more_presets, presets

_OFFSET, _OFFSET_OPTIONS = "training.systems.offset_guided", "training.systems.offset_options:OffsetOptions"
_INTEGRAL, _INTEGRAL_OPTIONS = "training.systems.integral_regression", "training.systems.offset_options:IntegralOptions"
_DEEP_POSE, _DEEP_POSE_OPTIONS = "training.systems.deep_pose", "training.systems.coordinate_options:DeepPoseOptions"
_REGRESSOR, _REGRESSOR_OPTIONS = "training.systems.regressors", "training.systems.coordinate_options:RegressorOptions"
_COARSE, _COARSE_OPTIONS = "training.systems.coarse_to_fine", "training.systems.coarse_options:CoarseOptions"
_LOCAL, _LOCAL_OPTIONS = "training.systems.global_local", "training.systems.coarse_options:GlobalLocalOptions"
_SIMPLE, _OPTIONS = "training.systems.simple_baseline", "training.systems.options:SimpleOptions"


def _simple(attribute: str, preset: Mapping[str, Any] | None = None) -> Plugin:
    return Plugin(_SIMPLE, attribute, options=_OPTIONS, preset=preset or {})


def _cpn(attribute: str, preset: Mapping[str, Any] | None = None) -> Plugin:
    options = "training.systems.cascaded_pyramid_options:PyramidOptions"
    return Plugin("training.systems.cascaded_pyramid", attribute, options=options, preset=preset or {})


def _hrnet(attribute: str, preset: Mapping[str, Any] | None = None) -> Plugin:
    return Plugin("training.systems.hrnet", attribute, "pip install timm", distribution="timm", preset=preset or {})


def _hourglass(attribute: str, preset: Mapping[str, Any] | None = None) -> Plugin:
    return Plugin("training.systems.hourglass", attribute, preset=preset or {})


def _cpm(attribute: str, preset: Mapping[str, Any] | None = None) -> Plugin:
    options = "training.systems.pose_machine_options:MachineOptions"
    return Plugin("training.systems.pose_machine", attribute, options=options, preset=preset or {})


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
        "hrnet_tiny": _hrnet("TINY"),
        "hrnet_w32": _hrnet("W32", presets.HRNET),
        "hrnet_w48": _hrnet("W48", presets.HRNET),
        "hourglass_tiny": _hourglass("TINY"),
        "hourglass_1": _hourglass("ONE", presets.HOURGLASS),
        "hourglass_2": _hourglass("TWO", presets.HOURGLASS),
        "hourglass_8": _hourglass("EIGHT", presets.HOURGLASS),
        "cpm_tiny": _cpm("TINY"),
        "cpm_paper": _cpm("PAPER", presets.CPM),
        "cpm_vgg": _cpm("VGG", presets.CPM),
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
        "coarse_to_fine_tiny": Plugin(_COARSE, "TINY", options=_COARSE_OPTIONS),
        "coarse_to_fine": Plugin(_COARSE, "PUBLISHED", options=_COARSE_OPTIONS),
        "global_local_tiny": Plugin(_LOCAL, "TINY", options=_LOCAL_OPTIONS),
        "global_local_resnet101": Plugin(_LOCAL, "RESNET101", options=_LOCAL_OPTIONS, preset=more_presets.GLOBAL_LOCAL),
    },
    group="rarepose.systems",
)
