"""Any model's results held against annotations, and images put in the order in which labelling them is worth most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rarepose.options import section
from training.evaluate_settings import EvaluateSettings
from training.judging import verdict
from training.judging.hashes import hash_files
from training.judging.models import rarity_of, read_models
from training.judging.rank import By, rank_images
from training.judging.truth import read_truth
from training.judging.unlabelled import read_unlabelled


def judge(
    annotations: Path | str,
    results: Path | str | Sequence[Path | str],
    train: Path | str | None = None,
    rare_share: float | None = None,
    seed: int = 0,
    **options: object,
) -> dict[str, Any]:
    """Accuracy of one model or two by rarity, by reason, cluster and joint, as `rarepose judge --json` has it (docs/judge.md).

    Args:
        annotations: of the people to be found, in any format that is read.
        results: COCO results of a model, a folder of YOLO predictions or our own; two of them are compared.
        train: annotations that rarity is measured against; None: among the people themselves.
        rare_share: share of the people that counts as rare; None: the settings' default.
        seed: of clustering and resamples.
        options: of `evaluate`: metrics, bootstrap (how many resamples), confidence, pck_threshold ...

    Raises:
        InputError: one of the files cannot be used, or an unknown option.

    Examples:
        >>> people = json.loads(Path("annotations.json").read_text())["annotations"]
        >>> found = [{"image_id": p["image_id"], "keypoints": p["keypoints"], "score": 1.0} for p in people]
        >>> _ = Path("results.json").write_text(json.dumps(found))
        >>> model = judge("annotations.json", "results.json", rare_share=0.2, bootstrap=0)["models"][0]
        >>> model["found"], model["metrics"]["pck"]["by_rarity"]["values"][0]
        (14, 100.0)
    """
    paths = [Path(results)] if isinstance(results, (str, Path)) else [Path(path) for path in results]
    truth = read_truth(Path(annotations))
    scores = rarity_of(truth, None if train is None else read_truth(Path(train)), rare_share, seed)
    models = [model for model, _ in read_models(paths, truth)]
    return verdict.judge(truth.table, scores, models, section(EvaluateSettings, options), seed)


def rank(
    results: Path | str,
    against: Path | str,
    images: Path | str | None = None,
    by: By = "both",
    seed: int = 0,
) -> list[str]:
    """Names of unlabelled images (ids, where the results have no names), those first whose labels are worth most.

    Near repetitions of a scene stand last.

    Args:
        results: a model's results on unlabelled images.
        against: labelled annotations of the same skeleton, which rarity is measured against.
        images: their folder, by which repetitions are told; None: poses alone tell them.
        by: `rarity` of the predicted pose, low `confidence`, or `both`.
        seed: of the clustering.

    Raises:
        InputError: one of the files cannot be used.

    Examples:
        >>> len(rank("results.json", against="annotations.json")) > 0
        True
    """
    truth, folder = read_truth(Path(against)), None if images is None else Path(images)
    found = read_unlabelled(Path(results), truth, folder, None, 0.0)
    names = found.table.images.file_name
    hashes = None if folder is None else hash_files(folder, names)
    return [names[row] for row in rank_images(found, truth.table, by, seed, hashes).image]
