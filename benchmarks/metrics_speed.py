"""AP of 10,000 people and 1,000 bootstrap resamples by rarity: this checkout beside another one and the field's evaluators.

    python benchmarks/metrics_speed.py --before CHECKOUT --full [--peers DIR]

Every candidate is timed in turns in one run, CPU seconds of one thread, the best of each. DIR holds hotcoco
(`pip install --target DIR hotcoco`); pycocotools and faster-coco-eval are timed where they are installed.
The AP of each stands beside its time.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"


def people(count: int) -> tuple[np.ndarray, ...]:
    """Truth and predictions of `count` people on half as many images: keypoints, size, image, predicted, score."""
    rng = np.random.default_rng(0)
    size = rng.uniform(40, 200, count)
    shape = rng.normal(0, 0.3, (count, 17, 2))
    points = (shape + 0.5) * size[:, None, None] + rng.uniform(0, 400, (count, 1, 2))
    image = np.sort(rng.integers(0, count // 2, count))
    spread = rng.gamma(1.5, 0.02, (count, 1, 1))
    predicted = points + rng.normal(0, 1, points.shape) * spread * size[:, None, None]
    score = 1 / (1 + 20 * spread[:, 0, 0]) + rng.normal(0, 0.1, count)
    return points, size, image, predicted, score


def ours(count: int, samples: int) -> dict[str, float]:
    """CPU seconds of the metrics of the checkout that is on the path."""
    from smpl_assets.pose_table import ImageTable, PoseTable
    from smpl_assets.skeletons import get_skeleton
    from training.evaluate_settings import EvaluateSettings
    from training.metrics.bootstrap import point
    from training.metrics.columns import build_columns, rarity_values
    from training.metrics.figures import figures
    from training.metrics.match import Matched
    from training.metrics.measures import build_measure
    from training.poses import Poses
    from training.rarity.scores import RareScores

    points, size, image, predicted, score = people(count)
    low, high = points.min(1), points.max(1)
    box, everybody, nothing = np.concatenate([low, high - low], 1), np.arange(count), np.full(count, -1)
    annotated = np.ones((count, 17), bool)
    images = ImageTable.of([f"{i}.jpg" for i in range(count // 2)])
    table = PoseTable(
        skeleton=get_skeleton("coco17"), keypoints=points, annotated=annotated, visible=annotated, bbox_xywh=box,
        center=box[:, :2] + box[:, 2:] / 2, scale=box[:, 2:].max(1) / 200, head_size=np.full(count, np.nan), area=size**2,
        image=image, person_id=nothing, source_id=("",) * count, images=images,
    )  # fmt: skip
    found = Poses(
        image=image, keypoints=predicted, joint_score=np.ones((count, 17)), score=score, bbox_xywh=box, person=everybody,
        track=nothing, network=np.zeros(count, np.int64), unusable=np.zeros(count, bool), networks=("net",),
    )  # fmt: skip
    matched = Matched(found, predicted, score, np.ones(count, bool), everybody, everybody[:0])
    rarity = np.random.default_rng(1).permutation(np.linspace(0.2, 1.03, count))
    flags, cluster = rarity >= 1, np.zeros(count, np.int64)
    scores = RareScores(np.ones(count, bool), cluster, rarity, rarity, flags, np.where(flags, "posture", ""), 1.0, "neighbours")
    settings = EvaluateSettings(bootstrap=samples)
    columns = build_columns(scores, settings)
    groups = [(c.name, c.rows(rarity_values(scores, settings.by))) for c in columns]
    measure = build_measure("oks_ap", table, [matched], settings)
    assert not isinstance(measure, str)
    alone = EvaluateSettings(bootstrap=0)
    value = point(measure.statistic(groups[0][1]))
    result = {"ap": timed(lambda: point(measure.statistic(groups[0][1]))), "value": value}
    whole, without = (timed(lambda s=s: figures(measure, None, groups, s, 0)) for s in (settings, alone))
    return result | {"bootstrap": whole - without, "columns": float(len(groups))}


def evaluator(name: str, count: int) -> dict[str, float] | None:
    """CPU seconds of a COCO evaluator on the same people, from matching to AP; None where it is not installed."""
    modules = {"pycocotools": ("pycocotools.coco", "pycocotools.cocoeval", "COCOeval")}
    modules |= {"faster-coco-eval": ("faster_coco_eval", "faster_coco_eval", "COCOeval_faster")}
    modules |= {"hotcoco": ("hotcoco", "hotcoco", "COCOeval")}
    first, second, kind = modules[name]
    try:
        index, run = importlib.import_module(first).COCO, getattr(importlib.import_module(second), kind)
    except ImportError:
        return None
    points, size, image, predicted, score = people(count)
    low, high = points.min(1), points.max(1)
    truth, results = [], []
    for row in range(count):
        shared = {"image_id": int(image[row]) + 1, "category_id": 1}
        values = [np.concatenate([p[row], np.full((17, 1), 2.0)], 1).reshape(-1).tolist() for p in (points, predicted)]
        about = {"id": row + 1, "bbox": [*low[row].tolist(), *(high - low)[row].tolist()], "area": float(size[row] ** 2)}
        truth.append(shared | about | {"keypoints": values[0], "num_keypoints": 17, "iscrowd": 0})
        results.append(shared | {"keypoints": values[1], "score": float(score[row])})
    images = [{"id": i + 1, "width": 900, "height": 900} for i in range(count // 2)]
    document = {"images": images, "annotations": truth, "categories": [{"id": 1, "name": "person"}], "info": {}}
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"rarepose-metrics-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    (folder / "truth.json").write_text(json.dumps(document))
    (folder / "results.json").write_text(json.dumps(results))
    with contextlib.redirect_stdout(io.StringIO()):
        known = index(str(folder / "truth.json"))
        detected = known.loadRes(str(folder / "results.json"))
        stats: list[float] = []

        def once() -> None:
            found = run(known, detected, "keypoints")
            found.evaluate()
            found.accumulate()
            found.summarize()
            stats[:] = [100 * float(found.stats[0])]

        seconds = timed(once, 3)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return {"ap": seconds, "value": stats[0]}


def timed(work: Callable[[], object], turns: int = 5) -> float:
    """The least CPU time of a few turns."""
    best = float("inf")
    for _ in range(turns):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def measured(checkout: Path, what: str, count: int, samples: int, peers: Path | None) -> dict[str, float] | None:
    """One candidate, in a process of its own."""
    path = os.pathsep.join(map(str, [checkout, *([peers] if peers else [])]))
    command = [sys.executable, __file__, "--what", what, "--people", str(count), "--samples", str(samples)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="another checkout of RarePose")
    parser.add_argument("--peers", type=Path, help="folder that hotcoco is installed in")
    parser.add_argument("--full", action="store_true", help="10,000 people, 1,000 resamples, two turns")
    parser.add_argument("--people", type=int)
    parser.add_argument("--samples", type=int)
    parser.add_argument("--what", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    count, samples = asked.people or (10_000 if asked.full else 1_000), asked.samples or (1_000 if asked.full else 100)
    if asked.what:
        print(json.dumps(ours(count, samples) if asked.what == "ours" else evaluator(asked.what, count)))
        return
    here = Path(__file__).resolve().parents[1]
    candidates = {"this checkout": (here, "ours")} | ({"before": (asked.before, "ours")} if asked.before else {})
    candidates |= {name: (here, name) for name in ("hotcoco", "faster-coco-eval", "pycocotools")}
    rows: dict[str, dict[str, float]] = {}
    for _ in range(2 if asked.full else 1):
        for name, (checkout, what) in candidates.items():
            found = measured(checkout, what, count, samples, asked.peers)
            for key, value in (found or {}).items():
                rows.setdefault(name, {})[key] = min(value, rows.get(name, {}).get(key, value))
    base = rows["this checkout"]
    print(f"{count:,} people, {samples:,} resamples in {base['columns']:g} columns; CPU seconds, ratio to this checkout")
    for name, row in rows.items():
        parts = [f"{key} {row[key]:.4f} s ({row[key] / base[key]:.1f})" for key in ("ap", "bootstrap") if key in row]
        print(f"{name:18} AP {row['value']:.9f}  {'  '.join(parts)}")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
