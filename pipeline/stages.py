"""The order of the stages, as data. Nothing here imports torch, Luigi or a room's work."""

from pipeline.tasks import (
    annotations,
    augment,
    coverage,
    evaluate,
    fit,
    inverse,
    rare_poses,
    render,
    report,
    train,
    translate,
    translator,
)
from pipeline.unit import Stage

STAGES: tuple[Stage, ...] = tuple(
    module.STAGE
    for module in (
        annotations, rare_poses, inverse, fit, render, translator, translate, augment, coverage, train, evaluate, report,
    )
)  # fmt: skip
