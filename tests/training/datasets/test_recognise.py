"""What a file is, told from its content; what it looks like where it is nothing that is read."""

from __future__ import annotations

import gzip
import json
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image

from smpl_assets.errors import InputError
from smpl_assets.skeletons import Skeleton
from training.augmented.coco import category
from training.datasets.kinds import kind_of
from training.datasets.settings import DataSettings
from training.datasets.stage import read_poses, recognise_format

from .coco_files import document, person, write

SHAPES = {"version": "5.4", "shapes": [{"label": "nose", "points": [[1, 2]], "shape_type": "point"}], "imagePath": "a.jpg"}
POINT = {"type": "keypointlabels", "value": {"x": 10.0, "y": 20.0, "keypointlabels": ["nose"]}}
EXPORTS = {
    "labelme": (SHAPES, "labelme", "X-AnyLabeling"),
    "via": ({"_via_settings": {}, "_via_img_metadata": {}}, "VIA", "COCO keypoints"),
    "via regions": ({"a.jpg1": {"filename": "a.jpg", "size": 1, "regions": []}}, "VIA", "COCO keypoints"),
    "label studio": ([{"data": {"image": "a.jpg"}, "annotations": [{"result": [POINT]}]}], "Label Studio", "as COCO or YOLO"),
    "label studio min": ([{"image": "a.jpg", "kp": [POINT["value"]]}], "Label Studio", "as COCO or YOLO"),
    "results": ([{"image_id": 1, "category_id": 1, "keypoints": [1.0, 2.0, 0.9], "score": 0.8}], "COCO results", "predictions"),
    "openpose": ({"version": 1.3, "people": [{"pose_keypoints_2d": []}]}, "OpenPose", "predictions"),
    "mmpose": ({"meta_info": {}, "instance_info": []}, "MMPose", "predictions"),
    "detectron2": ([{"file_name": "a.jpg", "annotations": [{"bbox_mode": 1}]}], "Detectron2", "convert_to_coco_json"),
    "supervisely": ({"tags": [], "size": {"height": 1, "width": 1}, "objects": []}, "Supervisely", "COCO keypoints"),
    "datumaro": ({"info": {}, "categories": {"points": {}}, "items": []}, "Datumaro", "coco_person_keypoints"),
    "fiftyone": ({"samples": [{"filepath": "a.jpg"}]}, "FiftyOne", "COCODetectionDataset"),
    "darwin": ({"version": "2.0", "item": {"name": "a.jpg"}, "annotations": []}, "V7 Darwin", "COCO keypoints"),
    "cvat": ("<?xml version='1.0'?>\n<!-- x -->\n<annotations>\n<version>1.1</version>", "CVAT", "COCO Keypoints 1.0"),
    "voc": ("<annotation><folder>a</folder></annotation>", "Pascal VOC, which has no keypoints", "annotate keypoints"),
    "dlc": ("scorer,a,a\nbodyparts,nose,nose\ncoords,x,y\n", "DeepLabCut", "deeplabcut2yolo"),
    "dlc config": ("Task: a\nbodyparts:\n- nose\n", "DeepLabCut", "deeplabcut2yolo"),
    "yolo label": ("0 0.5 0.5 0.2 0.4 0.1 0.2 2\n", "labels of YOLO", "data.yaml"),
    "yolo detection": ("train: images\nnames: [person]\n", "no kpt_shape", "add kpt_shape"),
    "table": ("image,x,y\na.jpg,1,2\n", "a table", "COCO keypoints"),
    "empty": ("", "an empty file", "fetch it again"),
    "picture": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture", "name the annotation file"),
    "archive": (b"PK\x03\x04\x00\x00", "an archive", "unpack it"),
    "pickle": (b"\x80\x04\x95\x00\x00", "Python objects, which may run code", "COCO keypoints"),
    "web page": ("<!DOCTYPE html>\n<html>sign in</html>", "a web page", "sign in"),
    "pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git-LFS pointer", "git lfs pull"),
    "array": (b"\x93NUMPY\x01\x00\x00", "numbers without names", "COCO keypoints"),
}  # fmt: skip


def put(path, content):
    text = content if isinstance(content, (bytes, str)) else json.dumps(content)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("kind", EXPORTS)
def test_a_known_export_is_named_with_the_way_to_what_is_read(tmp_path, kind):
    content, what, cure = EXPORTS[kind]
    path = put(tmp_path / "export", content)
    for call in (recognise_format, lambda p: read_poses(DataSettings(format="coco", annotations=str(p)))):
        with pytest.raises(InputError) as error:
            call(path)
        assert f"{path}: this looks like" in error.value.what
        assert what in error.value.what
        assert cure in error.value.next_step
        assert "read are COCO keypoints and mpii, lsp, posetrack" in error.value.next_step


@pytest.mark.parametrize("kind", ["labelme", "cvat", "dlc", "yolo label", "openpose"])
def test_a_folder_of_exports_is_named(tmp_path, kind):
    content, what, _ = EXPORTS[kind]
    ending = {"cvat": "xml", "dlc": "csv", "yolo label": "txt"}.get(kind, "json")
    put(tmp_path / f"a.{ending}", content)
    with pytest.raises(InputError, match="a folder of files each of which is") as error:
        recognise_format(tmp_path)
    assert what in error.value.what


@pytest.mark.parametrize(("name", "what"), [("df_with_missing", "DeepLabCut"), ("node_names", "SLEAP"), ("x", "hdf5: x")])
def test_hdf5_is_told_by_what_is_in_it(tmp_path, name, what):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[name] = 1
    with pytest.raises(InputError, match=what):
        recognise_format(tmp_path / "a.h5")


def test_what_is_nothing_known_is_said_with_what_it_holds(tmp_path):
    path = put(tmp_path / "a", {"metadata": {}, "imgs": {}})
    with pytest.raises(InputError, match="it is json: metadata, imgs") as error:
        recognise_format(path)
    assert "export it as COCO keypoints or as a YOLO pose folder" in error.value.next_step


@pytest.mark.parametrize("under", ["", "annotations"])
def test_a_folder_of_coco_files_is_no_posetrack(tmp_path, under):
    (tmp_path / under).mkdir(exist_ok=True)
    for split in ("train", "val"):
        put(tmp_path / under / f"person_keypoints_{split}.json", document(person(1)))
    names = ", ".join(str((tmp_path / under / f"person_keypoints_{s}.json").relative_to(tmp_path)) for s in ("train", "val"))
    for call in (recognise_format, lambda p: read_poses(DataSettings(format="coco", annotations=str(p)))):
        with pytest.raises(InputError, match="a folder of COCO files") as error:
            call(tmp_path)
        assert error.value.next_step == f"name one of them: {names}"


def test_another_format_than_the_files_is_named(tmp_path):
    path = put(tmp_path / "a.json", document(person(1)))
    with pytest.raises(InputError, match="not a list of people") as error:
        read_poses(DataSettings(format="mpii", annotations=str(path)))
    assert error.value.next_step.startswith('the file looks like format "coco"')


def tracked(flags):
    points = [v for j in range(17) for v in (20 + j, 30 + j, flags[j % len(flags)])]
    content = document(person(1, keypoints=points), person(2, keypoints=points))
    for image in content["images"]:
        image["vid_id"] = "a"
    for entry in content["annotations"]:
        entry["track_id"] = entry["id"]
    content["annotations"].append(person(9, iscrowd=1, bbox=[1, 2, 3, 4], track_id=9, keypoints=[0] * 51))
    return content


@pytest.mark.parametrize(("flags", "hidden"), [((2, 1, 0), 12), ((1, 0), 0)])
def test_coco_with_tracks_keeps_its_hidden_flags_and_crowds(tmp_path, flags, hidden):
    path = put(tmp_path / "a.json", tracked(flags))
    assert recognise_format(path) == "posetrack"
    table, skipped = read_poses(DataSettings(format="posetrack", annotations=str(path)))
    assert int((table.annotated & ~table.visible).sum()) == hidden
    assert table.person_id.tolist() == [1, 2]
    assert table.images.ignore[0] == [[[1, 2, 4, 2, 4, 6, 1, 6]]]
    assert skipped.counts == {"crowd region": 1}


def test_a_sequence_without_seen_joints_among_others_that_have_some(tmp_path):
    for shift, flags in ((0, (2, 1)), (100, (1, 0))):
        content = tracked(flags)
        for entry in content["annotations"]:
            entry["id"] += shift
        put(tmp_path / f"{shift}.json", content)
    table, _ = read_poses(DataSettings(format="posetrack", annotations=str(tmp_path)))
    assert (table.annotated & ~table.visible).sum(1).tolist() == [8, 8, 9, 9]


def test_a_coco_file_without_categories_says_so(tmp_path):
    content = document(person(1))
    del content["categories"]
    path = put(tmp_path / "a.json", content)
    assert recognise_format(path) == "coco"
    with pytest.raises(InputError, match="no list 'categories'"):
        read_poses(DataSettings(format="coco", annotations=str(path)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_json_in_any_encoding_of_json(tmp_path, encoding):
    path, _ = write(tmp_path, document(person(1)))
    path.write_bytes(path.read_text().encode(encoding))
    assert recognise_format(path) == "coco"
    assert len(read_poses(DataSettings(format="coco", annotations=str(path)))[0]) == 1


def test_json_nested_without_end_is_no_traceback(tmp_path):
    path = put(tmp_path / "a.json", "[" * 200_000)
    with pytest.raises(InputError, match=r"nested too deeply|not JSON"):
        recognise_format(path)


def test_kinds_of_real_files(tmp_path):
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "a.png")
    np.savez(tmp_path / "a.npz", x=1)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a", "b")
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x"))
    kinds = {name: kind_of(tmp_path / name) for name in ("a.png", "a.npz", "a.zip", "a.gz")}
    assert kinds == {"a.png": "picture", "a.npz": "zip archive", "a.zip": "zip archive", "a.gz": "gzip archive"}
    assert kind_of(tmp_path) == "folder"


def test_an_exported_skeleton_of_ones_own_is_read_back(tmp_path):
    skeleton = Skeleton("hand3", ("kpt_0", "kpt_1", "kpt_2"), (("kpt_0", "kpt_1"),), pairs=(("kpt_1", "kpt_2"),))
    content = document(person(1, keypoints=[10, 10, 2, 20, 20, 2, 30, 10, 2]))
    content["categories"] = [category(skeleton)]
    path = put(tmp_path / "a.json", content)
    assert read_poses(DataSettings(format="coco", annotations=str(path)))[0].skeleton == skeleton
    for spoilt in ({"pairs": [["kpt_1", "kpt_9"]]}, {"keypoints": ["a", "b", "c"]}, {"name": 3}, {"x": 1}, {"limbs": 7}):
        content["categories"][0]["rarepose_skeleton"] = skeleton.to_json() | spoilt
        assert read_poses(DataSettings(format="coco", annotations=str(put(path, content))))[0].skeleton.name == "person3"


@pytest.mark.parametrize(
    ("text", "what", "cure"),
    [
        (json.dumps(document(person(1))) * 2, "the JSON ends before line 1", "one value"),
        ('{"id": 1}\n{"id": 2}', "the JSON ends before line 2, column 1", "one value"),
        ("var data = {}, more", "not JSON at line 1, column 1", "another format"),
        ('{"info": "größe"}'.encode("latin-1"), "byte 12 is no text in UTF-8", "save the file as UTF-8"),
    ],
)
def test_what_is_no_json_is_said_with_its_cause(tmp_path, text, what, cure):
    path = put(tmp_path / "a.json", text)
    with pytest.raises(InputError) as error:
        read_poses(DataSettings(format="coco", annotations=str(path)))
    assert what in error.value.what
    assert cure in error.value.next_step


@pytest.mark.parametrize("text", [b"train:\timages\nkpt_shape:\t[17, 3]\n", "# größe\nkpt_shape: [17, 3]\n".encode("latin-1")])
def test_a_yaml_file_that_is_none_is_no_table(tmp_path, text):
    path = put(tmp_path / "data.yaml", text)
    with pytest.raises(InputError, match="not YAML") as error:
        recognise_format(path)
    assert "UTF-8" in error.value.next_step


def test_folders_of_a_yolo_set_without_its_file(tmp_path):
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=r"a YOLO set without its data\.yaml"):
        recognise_format(tmp_path)
