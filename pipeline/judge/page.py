"""The page of `rarepose judge`: one HTML file with everything in it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool

from pipeline.judge.photos import Photos
from pipeline.judge.words import ENOUGH, joint_table, table_of, too_few, transposed
from pipeline.report.pictures import Picture, picture
from pipeline.report.stage import render_template
from pipeline.report.words import percent
from smpl_assets.drawing.charts import draw_chart
from smpl_assets.drawing.palette import ORANGE, TEAL
from training.judging.verdict import curve, rarest_failures
from training.metrics.person_errors import Errors
from training.metrics.rarity_table import RarityTable

if TYPE_CHECKING:
    from pipeline.judge.command import Judged

SHOWN, SIDE, THUMB, QUALITY = 24, 220, 96, 80
TITLES = {"rarity": "By rarity", "reason": "By reason of rarity", "cluster": "By cluster"}


def write_page(judged: Judged, photos: Photos, path: Path) -> None:
    """Write the page of a verdict."""
    verdict, metric = judged.verdict, judged.verdict["headline"]
    failures = rarest_failures(judged.scores, judged.errors[0])
    tables = {kind: t for kind in TITLES if metric and (t := table_of(verdict, metric, kind)) is not None}
    others = [t for m in ("oks_ap", "pckh", "pck") if m != metric and (t := table_of(verdict, m, "rarity")) is not None]
    joints = [t for group in (0, 1) if (t := joint_table(verdict, group)) is not None]
    page = render_template(
        "judge.html",
        title=f"{' and '.join(m.name for m in judged.models)} on {judged.truth.file.name}",
        verdict=verdict,
        summaries=[_summary(m) for m in verdict["models"]],
        shares=[_share(judged.errors[0], people) for people in (judged.scores.rare, ~judged.scores.rare)],
        quality=judged.errors[0].name,
        main=tables.get("rarity"),
        others=others,
        kinds=[_kind(judged, photos, kind, tables.get(kind)) for kind in ("reason", "cluster")],
        joints=[(t.title, transposed(t)) for t in joints],
        enough=ENOUGH,
        curve=_chart(judged),
        failures=[_failure(judged, photos, row) for row in failures[:SHOWN].tolist()],
        failed=len(failures),
        unread=[f"{n} x {why}" for why, n in photos.unread.most_common()],
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")


def _share(errors: Errors, people: Bool[np.ndarray, " people"]) -> str:
    counts = people & np.isfinite(errors.quality)
    return percent(int((errors.failed & counts).sum()), int(counts.sum()))


def _kind(judged: Judged, photos: Photos, kind: str, table: RarityTable | None) -> dict[str, Any]:
    """The rows of a table by reason or cluster, clusters with their most typical person, and the groups that are too few."""
    rows = [] if table is None else transposed(table)
    pictures = [_typical(judged, photos, int(name.split()[-1])) if kind == "cluster" else None for name, _, _ in rows]
    few = too_few(judged.verdict, judged.verdict["headline"], kind)
    return {"name": kind, "title": TITLES[kind], "rows": list(zip(rows, pictures, strict=True)), "few": few}


def _typical(judged: Judged, photos: Photos, cluster: int) -> Picture:
    """The person nearest to the cluster's centre among those with the most annotated joints."""
    rows = np.flatnonzero(judged.scores.cluster == cluster)
    joints = judged.truth.table.annotated[rows].sum(1)
    rows = rows[joints == joints.max()]
    person = int(rows[judged.scores.distance[rows].argmin()])
    return picture(photos.tiles(person, (), THUMB)[0], f"cluster {cluster}", QUALITY, photos.root is None)


def _summary(model: dict[str, Any]) -> dict[str, Any]:
    skipped = model["skipped"]
    examples = {entry["reason"]: entry["entry"] for entry in reversed(skipped["entries"])}
    left_out = [(why, n, examples.get(why, "")) for why, n in sorted(skipped["counts"].items(), key=lambda i: -i[1])]
    return model | {"left_out": left_out, "remarks": skipped.get("remarks", [])}


def _failure(judged: Judged, photos: Photos, person: int) -> dict[str, Any]:
    table, scores = judged.truth.table, judged.scores
    poses = [
        (m.matched.keypoints[person], np.ones(len(table.skeleton), bool)) if m.matched.found[person] >= 0 else None
        for m in judged.models
    ]
    tiles = photos.tiles(person, poses, SIDE)
    facts = [
        f"{m.name}: {e.name} {e.quality[person]:.2f}" if pose is not None else f"{m.name}: not found"
        for m, e, pose in zip(judged.models, judged.errors, poses, strict=True)
    ]
    names = ("annotated", *(m.name for m in judged.models))
    reason = f", {scores.reason[person]}" if scores.reason[person] else ""
    return {
        "pictures": [picture(tile, name, QUALITY, photos.root is None) for tile, name in zip(tiles, names, strict=True)],
        "title": f"{table.file_name(person)}, person {table.source_id[person]}",
        "facts": f"rarity {scores.score[person]:.2f}{reason} · {' · '.join(facts)}",
    }


def _chart(judged: Judged) -> str | None:
    """Mean quality from the most usual to the rarest tenth of the people."""
    curves = [(m.name, curve(judged.scores, e)) for m, e in zip(judged.models, judged.errors, strict=True)]
    if len(curves[0][1]["mean"]) < 2:
        return None

    def draw(axes: Any) -> None:
        for (name, line), colour in zip(curves, (TEAL, ORANGE), strict=False):
            mean, spread = np.array(line["mean"], float), np.array(line["spread"], float)
            share = 100 * (np.arange(len(mean)) + 0.5) / len(mean)
            axes.fill_between(share, mean - spread, mean + spread, color=colour, alpha=0.18, linewidth=0)
            axes.plot(share, mean, "o-", color=colour, markersize=4, label=name)
        axes.set(xlabel="people from the most usual to the rarest, %", ylabel=f"mean {judged.errors[0].name}, %", xlim=(0, 100))
        axes.set_ylim(0, 100)
        axes.legend()

    with tempfile.TemporaryDirectory() as folder:
        return draw_chart(Path(folder, "rarity.png"), 7.2, 2.9, draw)
