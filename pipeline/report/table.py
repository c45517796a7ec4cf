"""The sections of the page in their order. Only planning and the report's task know the table; no stage's code does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report.section import Section
from pipeline.tasks.shared import poses
from pipeline.unit import Reads
from training.runs import kinds_asked_for

if TYPE_CHECKING:
    from pipeline.config import Config

SAMPLES = ("images.tar", "labels.npz")


def synthetic(config: Config) -> bool:
    """Whether a network trains on samples of rare people."""
    return len(kinds_asked_for(config.train)) > 1


def translated(config: Config) -> bool:
    """Whether a network trains on translated samples."""
    return "translated" in kinds_asked_for(config.train)


def _if(asked: bool, *reads: Reads) -> tuple[Reads, ...]:
    return reads if asked else ()


def _rare(config: Config) -> tuple[Reads, ...]:
    files = ("train.npz", "centres.npz", "summary.json", "rare_poses.csv")
    return poses(config, "train", images=True), Reads("rare_poses", None, files)


def _samples(config: Config) -> tuple[Reads, ...]:
    return (
        poses(config, "train", images=True),
        Reads("rare_poses", None, ("train.npz",)),
        Reads("fit", None, ("fits.npz",)),
        Reads("render", None, SAMPLES),
        *_if(translated(config), Reads("translate", None, SAMPLES)),
    )


def _results(config: Config) -> tuple[Reads, ...]:
    return Reads("train", None, ("history.json", "summary.json")), Reads("evaluate", None, ("metrics.json",))


def _rarest(config: Config) -> tuple[Reads, ...]:
    return (
        poses(config, "validation", images=True),
        Reads("rare_poses", None, ("validation.npz",)),
        Reads("evaluate", None, ("metrics.json", "predictions.npz")),
    )


def _bodies(config: Config) -> tuple[Reads, ...]:
    return (
        poses(config, "train", images=True),
        Reads("rare_poses", None, ("train.npz",)),
        Reads("inverse", None, ("losses.json", "pool.npz")),
        Reads("fit", None, ("fits.npz",)),
    )


def _translation(config: Config) -> tuple[Reads, ...]:
    return (
        Reads("render", None, SAMPLES),
        Reads("translator", None, ("card.json", "losses.json", "samples.png")),
        Reads("translate", None, (*SAMPLES, "summary.json")),
    )


def _augmented(config: Config) -> tuple[Reads, ...]:
    return (Reads("augment", None, ("summary.json",)),)


def _coverage(config: Config) -> tuple[Reads, ...]:
    return (Reads("coverage", None, ("coverage.json",)),)


def _left_out(config: Config) -> tuple[Reads, ...]:
    summary = ("summary.json",)
    return (
        *(Reads("annotations", split, ("skipped.json",)) for split in ("train", "validation")),
        *(Reads(stage, None, summary) for stage in ("rare_poses", "augment", "train")),
        Reads("evaluate", None, ("metrics.json",)),
        *_if(synthetic(config), Reads("fit", None, ("fits.npz",)), Reads("render", None, summary)),
        *_if(translated(config), Reads("translator", None, ("card.json",)), Reads("translate", None, summary)),
    )


SECTIONS = (
    Section("rare", "Rare poses", "Which poses are rare, and why", _rare, ("annotations", "rare_poses")),
    Section(
        "samples", "Synthetic samples", "Synthetic samples, from photograph to label", _samples, ("fit", "render"), synthetic
    ),
    Section("results", "What it changed", "What training changed", _results, ("train", "evaluate")),
    Section(
        "rarest",
        "The rarest people",
        "The rarest people, as the networks see them",
        _rarest,
        ("annotations", "evaluate"),
    ),
    Section("bodies", "Bodies", "Bodies for the rare poses", _bodies, ("inverse", "fit"), synthetic),
    Section("translation", "Translation", "From rendered to photographed", _translation, ("translator", "translate"), translated),
    Section("augmented", "Augmented set", "The augmented set", _augmented, ("augment",), synthetic),
    Section(
        "coverage", "The tail", "The tail, asked again", _coverage, ("coverage",), lambda c: c.report.coverage and synthetic(c)
    ),
    Section("left_out", "Left out", "What was left out, and why", _left_out),
    Section("times", "Times", "Time per stage", lambda config: ()),
)


def asked_for(config: Config) -> tuple[Section, ...]:
    """The sections that the configuration asks for."""
    return tuple(s for s in SECTIONS if s.wanted(config))
