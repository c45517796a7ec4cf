"""A whole run, or one of a few variants alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.report.inputs import ReportInputs
from tests.pipeline.report.made import augmented, bodies, filled, networks, people, samples
from tests.pipeline.report.made.people import folder
from training.rarity.scores import RareScores
from training.recipes import recipe_of


def make_run(root: Path, variants: tuple[str, ...] = networks.VARIANTS) -> ReportInputs:
    """All artifacts that such a run holds, below `root`."""
    roots = {split: folder(root / "images" / split) for split in ("train", "validation")}
    tables = {"train": people.make_table(roots["train"], 60, 0), "validation": people.make_table(roots["validation"], 40, 1)}
    found = {"annotations": {s: people.annotations(folder(root / "annotations" / s), t) for s, t in tables.items()}}
    scores = people.rare_poses(folder(root / "rare_poses"), tables)
    found["rare_poses"] = {"all": root / "rare_poses"}
    shards: dict[str, list[Path]] = {}
    known = scores["train"]
    if any({"render", "translated"} & set(recipe_of(v).kinds) for v in variants):
        found["inverse"] = {"all": bodies.inverse(folder(root / "inverse"))}
        parts = np.array_split(np.flatnonzero(scores["train"].rare), 2)
        fits = {str(n): bodies.fit(folder(root / f"fit/{n}"), tables["train"], rows) for n, rows in enumerate(parts)}
        found["fit"] = fits
        found["render"] = {n: samples.render(folder(root / f"render/{n}"), tables["train"], f) for n, f in fits.items()}
        shards["render"] = list(found["render"].values())
    if any(recipe_of(v).translated for v in variants):
        found["translator"] = {"all": samples.translator(folder(root / "translator"))}
        found["translate"] = {n: samples.translate(folder(root / f"translate/{n}"), f) for n, f in found["render"].items()}
        shards["translated"] = list(found["translate"].values())
    if any(recipe_of(v).fill for v in variants):
        drawn, more = filled.fill(folder(root / "fill"), scores["train"])
        found["fill"], known = {"all": drawn}, RareScores.concatenate([known, more])
        rendered = filled.render(folder(root / "render/fill-0"), drawn)
        found["render"], shards["fill"] = {**found.get("render", {}), "fill-0": rendered}, [rendered]
    found["augment"] = augmented.augment(root / "augment", tables["train"], known, shards)
    if shards:
        found["coverage"] = {"all": augmented.tail(folder(root / "coverage"), tables, scores["train"], list(shards))}
    found["train"] = {v: networks.train(folder(root / "train" / v), v) for v in variants}
    found["evaluate"] = networks.evaluate(root / "evaluate", tables["validation"], scores["validation"], variants)
    return ReportInputs(found, roots, "A small run", {"seed": 0, "body": {"name": "anny"}})
