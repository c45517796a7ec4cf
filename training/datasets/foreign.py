"""What a file that no reader takes looks like, and how to get from there something that is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from smpl_assets.file_kind import kind_of
from training.datasets.glance import Glance

_CVAT = "in CVAT export the task as 'COCO Keypoints 1.0' or 'Ultralytics YOLO Pose 1.0'"
_PREDICTIONS = "these are predictions: give the annotations of the pictures"
_POINTS_LOST = "write its points as COCO keypoints (its own COCO export has boxes and outlines only)"
_SLEAP = "sleap-io makes a YOLO pose folder of it: sleap_io.save_ultralytics(sleap_io.load_file(FILE), FOLDER)"
_BOXES = "annotate keypoints: a skeleton for each person"
_WRITE = "export it as COCO keypoints or as a YOLO pose folder"
_UNPACK = "unpack it and name the annotation file in it"
_NAME_FILE = "name the annotation file"
_IN_ITS_PLACE = ("a web page", "a git")  # what lies where a file should be


@dataclass(frozen=True)
class Foreign:
    """A well-known kind of file that is not read: what it is, how that is told, and what to do."""

    what: str
    test: Callable[[Glance], bool]
    cure: str


def looks_like(glance: Glance) -> tuple[str, str] | None:
    """(what it looks like, what to do) of a file or of the files in a folder; None where that is nothing well known."""
    for found in _KNOWN:
        if found.test(glance):
            return found.what, found.cure
    other = kind_of(glance.path) if glance.kind in ("text", "xml") else None
    if other is not None and other.what.startswith(_IN_ITS_PLACE):
        return other.what, other.next_step
    inside = (looks_like(child) for child in glance.files(".json", ".xml", ".csv", ".txt", ".h5"))
    what, cure = next((found for found in inside if found), ("", ""))
    return (f"a folder of files each of which is {what}", cure) if what else None


def _object(*keys: str) -> Callable[[Glance], bool]:
    """A JSON object with these keys."""
    return lambda glance: glance.kind == "json" and isinstance(glance.content, dict) and glance.has(*keys)


def _rows(*keys: str) -> Callable[[Glance], bool]:
    """A JSON list whose first objects have these keys."""
    return lambda glance: bool(glance.first()) and all(set(keys) <= row.keys() for row in glance.first()[:3])


def _root(tag: str) -> Callable[[Glance], bool]:
    """An XML file whose outermost element is called so (nothing of it is parsed)."""
    return lambda glance: glance.kind == "xml" and re.findall(r"<([A-Za-z_][\w.-]*)", glance.head)[:1] == [tag]


def _hdf5(*names: str) -> Callable[[Glance], bool]:
    """An HDF5 file with one of these names at its top."""
    return lambda glance: glance.kind == "hdf5" and any(glance.has(name) for name in names)


def _yaml(*keys: str) -> Callable[[Glance], bool]:
    """A YAML file of settings with these keys."""
    return lambda glance: glance.kind == "text" and isinstance(glance.content, dict) and glance.has(*keys)


def _text(pattern: str) -> Callable[[Glance], bool]:
    """A text file that begins like this."""
    return lambda glance: glance.kind == "text" and re.match(pattern, glance.head) is not None


def _folder(*names: str) -> Callable[[Glance], bool]:
    """A folder with these in it."""
    return lambda glance: glance.kind == "folder" and glance.has(*names)


def _kind(*kinds: str) -> Callable[[Glance], bool]:
    return lambda glance: glance.kind in kinds


def _via(glance: Glance) -> bool:
    """VIA's annotations without its settings: file key -> {filename, regions, ...}."""
    values = list(glance.content.values())[:3] if glance.kind == "json" and isinstance(glance.content, dict) else []
    return bool(values) and all(isinstance(v, dict) and {"filename", "regions"} <= v.keys() for v in values)


def _label_studio_min(glance: Glance) -> bool:
    lists = [v for row in glance.first()[:3] for v in row.values() if isinstance(v, list)]
    return any(isinstance(v[0], dict) and "keypointlabels" in v[0] for v in lists if v)


_LABEL_STUDIO = "export it from Label Studio (2025 or later) as COCO or YOLO with keypoints"
_NUMBER = r"-?\d+(?:\.\d*)?(?:e-?\d+)?"
_KNOWN = (
    Foreign("JSON of labelme (one picture)", _object("shapes", "imagePath"), "open it in X-AnyLabeling and export YOLO-Pose"),
    Foreign("JSON of VIA", _object("_via_img_metadata"), _POINTS_LOST),
    Foreign("JSON of VIA", _via, _POINTS_LOST),
    Foreign("JSON of VIA 3", _object("project", "file", "metadata"), _POINTS_LOST),
    Foreign("JSON of Label Studio", _rows("data", "annotations"), _LABEL_STUDIO),
    Foreign("JSON of Label Studio", _rows("data", "completions"), _LABEL_STUDIO),
    Foreign("JSON of Label Studio", _rows("data", "predictions"), _LABEL_STUDIO),
    Foreign("JSON-MIN of Label Studio", _label_studio_min, _LABEL_STUDIO),
    Foreign("COCO results (predicted keypoints)", _rows("image_id", "keypoints"), _PREDICTIONS),
    Foreign("MMPose's predictions", _object("instance_info"), _PREDICTIONS),
    Foreign("MMPose's predictions", _rows("keypoints", "keypoint_scores"), _PREDICTIONS),
    Foreign("OpenPose's output (one picture)", _object("people", "version"), _PREDICTIONS),
    Foreign("Detectron2's dataset dicts", _rows("file_name", "annotations"),
            "detectron2.data.datasets.convert_to_coco_json writes COCO keypoints of them"),
    Foreign("JSON of Supervisely (one picture)", _object("objects", "size"), _POINTS_LOST),
    Foreign("Supervisely's meta.json", _object("classes", "tags"), _POINTS_LOST),
    Foreign("JSON of Datumaro", _object("items", "categories"),
            "datum convert -if datumaro -i FOLDER -f coco_person_keypoints -o OUT"),
    Foreign("JSON of FiftyOne", _object("samples"), "dataset.export(..., dataset_type=fiftyone.types.COCODetectionDataset)"),
    Foreign("JSON of V7 Darwin (one picture)", _object("item", "annotations"), _WRITE),
    Foreign("JSON of SLEAP", _object("skeletons", "labels"), _SLEAP),
    Foreign("JSON of Labelbox", _rows("data_row"), _WRITE),
    Foreign("JSON of CreateML, which has no keypoints", _rows("image", "annotations"), _BOXES),
    Foreign("XML of CVAT", _root("annotations"), _CVAT),
    Foreign("XML of Pascal VOC, which has no keypoints", _root("annotation"), _BOXES),
    Foreign("XML of dlib's imglab", _root("dataset"), _WRITE),
    Foreign("DeepLabCut's table", _text(r"\W*scorer\b"), f"deeplabcut2yolo or {_SLEAP}"),
    Foreign("DeepLabCut's HDF5", _hdf5("df_with_missing", "keypoints"), f"deeplabcut2yolo or {_SLEAP}"),
    Foreign("DeepLabCut's config.yaml", _yaml("bodyparts"), f"deeplabcut2yolo or {_SLEAP}"),
    Foreign("HDF5 of SLEAP", _hdf5("instances", "node_names"), _SLEAP),
    Foreign("a YOLO set without keypoints (no kpt_shape)", _yaml("names"),
            "give a pose set; if its labels have keypoints, add kpt_shape: [count, 2 or 3]"),
    Foreign("a YOLO set without its data.yaml", _folder("images", "labels"),
            "write one beside the two folders (docs/datasets.md)"),
    Foreign("labels of YOLO (one picture)", _text(rf"{_NUMBER}(?:[ \t]+{_NUMBER}){{4,}}\s*(?:\n|$)"), "name the set's data.yaml"),
    Foreign("a table", _text(r'[^\n,;\t:={}<>]*[,;\t]'), _WRITE),
    Foreign("an archive", lambda glance: glance.kind.endswith("archive"), _UNPACK),
    Foreign("a picture", _kind("picture"), _NAME_FILE),
    Foreign("a video", _kind("video"), _NAME_FILE),
    Foreign("a file of Python objects, which may run code when it is opened", _kind("pickle"), _WRITE),
    Foreign("an array or table of numbers without names", _kind("numpy array", "parquet table", "database"), _WRITE),
    Foreign("an empty file", _kind("empty file"), "fetch it again"),
)  # fmt: skip
