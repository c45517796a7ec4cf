"""The sections of the page in their order. Only planning and the report's task know the table; no stage's code does."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pipeline.report.section import Section
from pipeline.tasks.shared import poses
from training.recipes import ADDED, predictions_file
from training.runs import kinds_asked_for, labels
from training.train_settings import RENDER

if TYPE_CHECKING:
    from pipeline.config import Config

PEOPLE, SUMMARY, SAMPLES = ("poses.npz", "images/"), ("summary.json",), ("images.tar", "labels.npz")
PREDICTIONS = predictions_file(0)  # and those of further trainings
RULE = ("train.npz", "centres.npz", "summary.json", "rare_poses.csv")
FITTED, RENDERED, TRANSLATION = ("inverse", "fit"), ("render", "coverage"), ("translator", "translate")
START = ("start_set", "start")
BY_ERROR, CHOICE = ("cross_fit", "choice"), ("train.npz", "errors.npz", "summary.json", "choice.csv")
TRACKING = ("track_data", "track_train", "track", "track_evaluate")
SECTIONS = (
    Section(
        "rare", "Rare poses", "Which poses are rare, and why",
        {"annotations/train": PEOPLE, "rare_poses": RULE}, ("annotations", "rare_poses"),
    ),
    Section(
        "choice", "Chosen", "Whom samples are made for",
        {"annotations/train": PEOPLE, "rare_poses": ("train.npz",), "cross_fit": (), "choice": CHOICE},
        ("annotations", "rare_poses", *BY_ERROR),
    ),
    Section(
        "samples", "Synthetic samples", "Synthetic samples, from photograph to label",
        {
            "annotations/train": PEOPLE, "rare_poses": ("train.npz",), "fit": ("fits.npz",), "fill": ("fits.npz",),
            "render": SAMPLES, "translate": SAMPLES,
        },
        ("render",),
    ),
    Section(
        "results", "What it changed", "What training changed",
        {
            "train": ("history.json", "summary.json"), "evaluate": ("metrics.json", PREDICTIONS),
            "annotations/validation": ("poses.npz",), "rare_poses": ("validation.npz",),
        },
        ("train", "evaluate"),
    ),
    Section(
        "reasons", "By reason", "The gain by reason of rarity", {"evaluate": ("metrics.json",)}, ("train", "evaluate"),
    ),
    Section(
        "before_after", "Before and after", "The same people, before and after",
        {"annotations/validation": PEOPLE, "rare_poses": ("validation.npz",), "evaluate": ("metrics.json", PREDICTIONS)},
        ("annotations", "train", "evaluate"),
    ),
    Section(
        "costs", "Cost", "What each row cost",
        {"train": SUMMARY, "evaluate": ("metrics.json",)} | dict.fromkeys((*FITTED, "fill", "render", *TRANSLATION, *START), ()),
        ("train", "evaluate"),
    ),
    Section(
        "speeds", "Speed", "Accuracy, speed and size", {"train": SUMMARY, "evaluate": ("metrics.json",)}, ("train", "evaluate"),
    ),
    Section(
        "bodies", "Bodies", "Bodies for the rare poses",
        {
            "annotations/train": PEOPLE, "rare_poses": ("train.npz",), "inverse": ("losses.json", "pool.npz"),
            "fit": ("fits.npz",),
        },
        ("inverse", "fit"),
    ),
    Section(
        "translation", "Translation", "From rendered to photographed",
        {
            "render": SAMPLES, "translator": ("card.json", "losses.json", "samples.png"),
            "translate": (*SAMPLES, "summary.json"),
        },
        ("translator", "translate"),
    ),
    Section(
        "tracks", "Tracking", "People kept apart over time",
        {
            "track_evaluate": ("metrics.json",), "track/own/*": ("predictions/",), "track/truth/*": ("predictions/",),
            "track_data/validation-*": ("frames.tar", "sequences/"), "track_train/tml": ("network.safetensors",),
        },
        TRACKING,
    ),
    Section("augmented", "Augmented set", "The augmented set", {"augment": SUMMARY, "fill": SUMMARY}, ("augment",)),
    Section("coverage", "The tail", "The tail, asked again", {"coverage": ("coverage.json",)}, ("coverage",)),
    Section(
        "left_out", "Left out", "What was left out, and why",
        {
            "annotations/train": ("skipped.json",), "annotations/validation": ("skipped.json",), "rare_poses": SUMMARY,
            "fit": ("fits.npz",), "fill": SUMMARY, "render": SUMMARY,
            "translator": ("card.json",), "translate": SUMMARY, "augment": SUMMARY,
            "train": SUMMARY, "evaluate": ("metrics.json",), "track_data/*-own-*": ("skipped.json",),
        },
    ),
    Section("times", "Times", "Time per stage", {}),
)  # fmt: skip


def not_asked_for(config: Config) -> set[str]:
    """Stages of branches that no network of the configuration needs, and the coverage where it is switched off."""
    kinds = set(kinds_asked_for(config.train))
    branches = {FITTED: {"render", "translated"}, RENDERED: set(ADDED), TRANSLATION: {"translated"}, ("fill",): {"fill"}}
    out = {stage for stages, asked in branches.items() if not asked & kinds for stage in stages}
    out |= set(() if any(config.train.of(label).start == RENDER for label in labels(config.train)) else START)
    out |= set() if config.track.enabled else set(TRACKING)
    out |= set(BY_ERROR) if config.rare_poses.by == "rarity" else set()
    return out | (set() if config.report.coverage else {"coverage"})


def asked_for(config: Config) -> tuple[Section, ...]:
    """The sections that the configuration asks for, each with what it opens in such a run."""
    out = not_asked_for(config)
    people = {f"annotations/{split}": poses(config, split, images=True).files for split in ("train", "validation")}
    predictions = [predictions_file(n) for n in range(1, config.train.seeds)]
    found = []
    for section in SECTIONS:
        opens = {p: f for p, f in section.opens.items() if p.partition("/")[0] not in out}
        opens |= {p: people[p] or () for p, files in opens.items() if files == PEOPLE}
        opens |= {p: (*files, *predictions) for p, files in opens.items() if PREDICTIONS in files}
        if not out & set(section.needs):
            found.append(dataclasses.replace(section, opens=opens))
    return tuple(found)
