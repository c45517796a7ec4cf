"""How far the joints that rtmlib reads from an ONNX file of `--format rtmlib` are from RarePose's own.

    pip install rtmlib                       # in an environment of its own: it brings another OpenCV
    python benchmarks/rtmlib_parity.py DATA_FOLDER [--network simple_small] [--people 60]

DATA_FOLDER is in COCO's layout. Distances are px of the crop, of joints whose score is above 0.3; neither averages
with the mirror image.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
from rtmlib import RTMPose

from training.inference.load import load
from training.inference.onnx_export import export_onnx

LEAST_SCORE, LEAST_HEIGHT_PX = 0.3, 60


def main(folder: Path, network: str, people: int) -> dict[str, object]:
    estimator = load(network, flip_test=False)
    height, width = estimator.card.input_size
    with tempfile.TemporaryDirectory() as out:
        export_onnx(estimator, "rtmlib", Path(out))
        pose = RTMPose(str(Path(out) / "network.onnx"), model_input_size=(width, height), backend="onnxruntime")
    document = json.loads((folder / "annotations/person_keypoints_val2017.json").read_text())
    names = {image["id"]: image["file_name"] for image in document["images"]}
    shifts, shrinks = [], []
    for person in document["annotations"][:people]:
        image = cv2.imread(str(folder / "val2017" / names[person["image_id"]]))
        if image is None or person["iscrowd"] or person["bbox"][3] < LEAST_HEIGHT_PX:
            continue
        box = np.array(person["bbox"], np.float64)
        theirs, _ = pose(image, [[*box[:2], *(box[:2] + box[2:])]])
        ours = estimator(np.ascontiguousarray(image[..., ::-1]), box[None])
        factor = 1.25 * max(box[2] / width, box[3] / height)  # px of the image per px of the crop
        sure = ours.joint_score[0] > LEAST_SCORE
        shifts += ((theirs[0] - (ours.keypoints[0] - 0.5)) / factor)[sure].tolist()
        shrinks += [factor] * int(sure.sum())
    shift, alike = np.array(shifts), (np.array(shrinks) < 2) & (np.array(shrinks) > 0.5)
    far = np.linalg.norm(shift, axis=1)
    return {
        "joints": len(shift), "median": round(float(np.median(far)), 3), "joints_within_twofold": int(alike.sum()),
        "median_within_twofold": round(float(np.median(far[alike])), 3),
        "shift_within_twofold": np.median(shift[alike], axis=0).round(3).tolist(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--network", default="simple_small")
    parser.add_argument("--people", type=int, default=60)
    given = parser.parse_args()
    print(json.dumps(main(given.folder, given.network, given.people), indent=1))
