"""What Edge Boxes of real photographs cost, what they hold beside random regions, and what is learnt from them.

    python -m benchmarks.edge_boxes --data ../shared/data/lspet [--people 100]
    python -m benchmarks.edge_boxes --data ../shared/data/lspet --learn

People of LSP-extended in crops of several sizes, as training makes them: CPU ms for the boxes of one person (once a training) and
for drawing 20 of them (each step); percent of the person's joints that a region holds, and of the regions that hold none.
`--learn`: `global_local_tiny` on the people of `benchmarks/rare_gain.py`, 64 x 64 px; global maps alone and with the local ones.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from benchmarks.rare_gain import Plot, report, run
from smpl_assets.pictures import decode_image
from smpl_assets.pose_table import PoseTable
from training.codecs.codec import RegionRequest
from training.datasets.lsp import read_lsp
from training.feeds.edge_boxes import Boxes
from training.feeds.jitter import draw_jitter
from training.feeds.regions import draw_regions, moved, proposed
from training.feeds.transforms import apply_affine, crop_matrix
from training.feeds.views import Spread, view_of

PADDING, SPREAD = 1.25, Spread(40.0, 0.3)
NETWORKS = {
    f"{proposals}-{use}": 'network = "global_local_tiny", start = "scratch", sigma = 1.0, '
    f'options = {{stride = 8, proposals = "{proposals}", use = "{use}"}}'
    for proposals, use in (("random", "sum"), ("edge_boxes", "sum"), ("edge_boxes", "global"))
}


def in_regions(regions: Boxes, points: Float[np.ndarray, "joints 2"]) -> tuple[float, float]:
    """Percent of the joints that a region holds, on average, and percent of the regions that hold none."""
    inside = ((points >= regions[:, None, :2]) & (points <= regions[:, None, 2:])).all(2)
    return 100 * float(inside.mean()), 100 * float((~inside.any(1)).mean())


def measure(table: PoseTable, images: dict[int, np.ndarray], side: int) -> dict[str, float]:
    """Figures of one size of crops; images: by person."""
    rng, asked, size = np.random.default_rng(0), RegionRequest(20, side / 7), (side, side)
    finding, drawing, ours, random = [], [], [], []
    for row, image in images.items():
        region = np.asarray(table.bbox_xywh[row], np.float64)
        view, matrix = view_of(image, region, size, PADDING, SPREAD), crop_matrix(region, size, PADDING, draw_jitter(rng))
        began = time.process_time()
        boxes = proposed(view, region, size, PADDING)
        finding.append(time.process_time() - began)
        began = time.process_time()
        drawn = draw_regions(moved(boxes, matrix), asked, size, rng)
        drawing.append(time.process_time() - began)
        points = apply_affine(matrix, table.keypoints[row][table.annotated[row]].astype(np.float64))
        ours.append(in_regions(drawn, points))
        random.append(in_regions(draw_regions(boxes[:0], asked, size, rng), points))
    ms, (held, empty), (random_held, random_empty) = 1000 * np.array(finding), np.mean(ours, axis=0), np.mean(random, axis=0)
    return {
        "side": side, "ms_mean": round(ms.mean(), 1), "ms_median": round(np.median(ms), 1), "ms_worst": round(ms.max(), 1),
        "ms_a_step": round(1000 * float(np.median(drawing)), 2), "joints_held": round(held, 1), "empty": round(empty, 1),
        "random_joints_held": round(random_held, 1), "random_empty": round(random_empty, 1),
    }  # fmt: skip


def learn(args: argparse.Namespace) -> list[dict[str, object]]:
    """A row per network; the two of the same proposals have the same weights and read them differently."""
    changes = ("train.input_size=[64, 64]", "train.batch_size=16", f"train.epochs={args.epochs}", f"train.seeds={args.seeds}")
    plot = Plot((), {label: ("baseline",) for label in NETWORKS}, NETWORKS)
    found, table = run(plot, args, [f"data.root={args.data}", *changes])
    return report(found, table, args.data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with joints.mat and images/")
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--sides", default="64,128,224")
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--store", type=Path, default=Path("store/edge_boxes"))
    args = parser.parse_args()
    if args.learn:
        print(json.dumps(learn(args)))
        return
    cv2.setNumThreads(1)
    table, _ = read_lsp(args.data / "joints.mat", args.data / "images")
    chosen = np.random.default_rng(0).choice(len(table), args.people, replace=False)
    images = {int(row): decode_image((args.data / "images" / table.file_name(row)).read_bytes()) for row in chosen}
    rows = [measure(table, images, int(side)) for side in args.sides.split(",")]
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    print(json.dumps({"people": args.people, "rows": rows}))


if __name__ == "__main__":
    main()
