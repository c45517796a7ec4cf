"""`rarepose rank`: which images are worth labelling."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Literal

from pipeline.out_folder import writable_folder
from smpl_assets.errors import InputError
from training.judging.hashes import hash_files
from training.judging.labelling import write_cvat, write_label_studio
from training.judging.rank import By, Ranking, rank_images
from training.judging.truth import read_truth
from training.judging.unlabelled import Unlabelled, read_unlabelled

LOCAL_FILES = "/data/local-files/?d="  # how Label Studio addresses files of its own disk


def rank(
    results: Path,
    against: Path,
    form: str | None,
    images: Path | None,
    names: Path | None,
    by: By,
    least: float,
    top: int,
    tool: Literal["cvat", "labelstudio"] | None,
    seed: int,
    out: Path,
) -> tuple[str, dict[str, Any]]:
    """Write `rank.csv`, `images.txt` and what a labelling tool imports into `out`; what was found, in words and values.

    Raises:
        InputError: a file cannot be used, or the tool needs sizes that are not known.
    """
    if images is not None and not images.is_dir():
        raise InputError(f"{images}: no such folder of images", "leave --images out, or correct it")
    truth = read_truth(against, form)
    found = read_unlabelled(results, truth, images, names, least)
    hashes = None if images is None else hash_files(images, found.table.images.file_name)
    ranking = rank_images(found, truth.table, by, seed, hashes)
    best = ranking.image[ranking.like < 0][:top].tolist()
    writable_folder(out)
    _write_list(out / "rank.csv", found, ranking)
    (out / "images.txt").write_text("".join(f"{found.table.images.file_name[row]}\n" for row in best), encoding="utf-8")
    files = ["rank.csv", "images.txt"]
    if tool == "cvat":
        write_cvat(out / "cvat.xml", found, best)
        files.append("cvat.xml")
    elif tool == "labelstudio":
        write_label_studio(out / "labelstudio.json", found, best, LOCAL_FILES)
        files += ["labelstudio.json", "labelstudio.xml"]
    repeated = int((ranking.like >= 0).sum())
    left_out = found.skipped.summary()
    text = (
        f"{len(ranking.image):,} images with {len(found.table):,} found people, {found.silent:,} where nobody was found; "
        f"{repeated:,} nearly repeat another one; the {len(best):,} best are in images.txt"
    )
    lines = [
        text,
        *([f"left out: {left_out}"] if left_out else []),
        *found.skipped.remarks,
        "  ".join(str(out / f) for f in files),
    ]
    values = {"images": len(ranking.image), "people": len(found.table), "silent": found.silent, "repeated": repeated}
    chosen = [found.table.images.file_name[row] for row in best]
    return "\n".join(lines), values | {"best": chosen, "skipped": found.skipped.to_json()}


def _write_list(path: Path, found: Unlabelled, ranking: Ranking) -> None:
    names = found.table.images.file_name
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("rank", "image", "priority", "rarity", "confidence", "nearly_repeats"))
        rows = zip(ranking.image, ranking.priority, ranking.rarity, ranking.confidence, ranking.like, strict=True)
        for place, (image, priority, rarity, confidence, like) in enumerate(rows, 1):
            same = names[like] if like >= 0 else ""
            writer.writerow((place, names[image], f"{priority:.6f}", f"{rarity:.6f}", f"{confidence:.6f}", same))
