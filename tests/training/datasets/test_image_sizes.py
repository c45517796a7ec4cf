"""How a photograph is to be read where header, EXIF orientation and annotated size have something to say about it."""

import json

import numpy as np
import pytest
from PIL import Image

from smpl_assets.errors import InputError
from smpl_assets.pictures import Header
from training.datasets.coco import read_coco
from training.datasets.image_sizes import OTHER_SCALE, OTHER_SIZE, UNDECIDED, Reading, Seen, decide
from training.datasets.mpii import read_mpii

from .coco_files import document, person

WIDE, TALL = (100, 80), (80, 100)


def wide(annotated, reach):
    """A photograph of 100 x 80 px."""
    return Seen(Header(WIDE), annotated, reach and tuple(map(float, reach)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("annotated", [WIDE, None])
def test_as_stored_where_the_size_says_so_or_nothing_does(orientation, annotated):
    swaps = orientation >= 5
    undecided = orientation > 1 and not (swaps and annotated)
    assert decide([Seen(Header(WIDE, orientation), annotated)]) == [Reading(1, WIDE, UNDECIDED if undecided else "")]


@pytest.mark.parametrize("orientation", range(5, 9))
def test_turned_where_the_size_says_so(orientation):
    assert decide([Seen(Header(WIDE, orientation), TALL)]) == [Reading(orientation, TALL)]


@pytest.mark.parametrize(("voter", "turned"), [(Seen(Header(WIDE, 6), TALL), True), (Seen(Header(WIDE, 6), WIDE), False)])
def test_where_the_size_does_not_say_the_others_do(voter, turned):
    silent = [Header(WIDE, 3), Header(WIDE, 2), Header((90, 90), 8), Header(WIDE, 1)]
    readings = decide([voter, *(Seen(h, h.size_wh) for h in silent), Seen(Header(WIDE, 5), None)])[1:]
    assert [r.orientation for r in readings] == ([3, 2, 8, 1, 5] if turned else [1] * 5)
    assert readings[-1].size_wh == (TALL if turned else WIDE)
    assert not any(r.note for r in readings)


def test_the_majority_counts():
    says = [Seen(Header(WIDE, 8), TALL), Seen(Header(WIDE, 8), TALL), Seen(Header(WIDE, 6), WIDE)]
    assert [r.orientation for r in decide([*says, Seen(Header(WIDE, 3), WIDE)])] == [8, 8, 1, 3]


@pytest.mark.parametrize(
    ("annotated", "reach"),
    [(TALL, (95, 60)), (TALL, (50, 50)), (TALL, None), ((1, 1), (50, 50)), ((640, 480), (99, 79)), ((101, 80), (50, 50)),
     ((99, 79), None), ((50, 40), (95, 60)), ((640, 512), (50, 50))],
)  # fmt: skip
def test_the_file_s_own_size_wins(annotated, reach):
    assert decide([wide(annotated, reach)]) == [Reading(1, WIDE, OTHER_SIZE)]


@pytest.mark.parametrize(
    ("annotated", "reach"),
    [((200, 160), (150, 40)), ((640, 480), (99, 300)), (TALL, (50, 95)), ((50, 40), (45, 30)), ((50, 40), None)],
)
def test_a_picture_of_another_size_was_annotated(annotated, reach):
    assert decide([wide(annotated, reach)]) == [Reading(1, WIDE, "", OTHER_SCALE)]


def test_images_that_do_not_tell_follow_those_that_do():
    found = decide([wide((200, 160), (50, 50)), wide((200, 160), (150, 40))])
    assert [r.refused for r in found] == [OTHER_SCALE] * 2
    found = decide([wide((50, 40), (20, 20)), wide((50, 40), (90, 40))])
    assert [r.note for r in found] == [OTHER_SIZE] * 2


def photograph(path, size=WIDE, orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size).save(path, exif=exif.tobytes())


def coco(tmp_path, *sizes, **joints):
    """One person of joints up to (36, 42) on each of images with these annotated sizes."""
    content = document(*(person(n, image=n, **joints) for n in range(1, len(sizes) + 1)), images=len(sizes))
    for entry, size in zip(content["images"], sizes, strict=True):
        entry |= {"width": size and size[0], "height": size and size[1]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    return read_coco(tmp_path / "a.json", tmp_path / "photos")


def names(count):
    return [f"photos/{n:012d}.jpg" for n in range(1, count + 1)]


def test_the_table_holds_each_image_s_own_reading(tmp_path):
    for name, orientation in zip(names(5), (1, 6, 3, 8, 6), strict=True):
        photograph(tmp_path / name, orientation=orientation)
    table, skipped = coco(tmp_path, WIDE, TALL, WIDE, None, ("80", 100.0))
    assert table.images.orientation.tolist() == [1, 6, 3, 8, 6]
    assert table.images.size_wh.tolist() == [list(s) for s in (WIDE, TALL, WIDE, TALL, TALL)]
    assert skipped.counts == skipped.noted == {}


def test_swapped_sizes_cost_nobody_and_are_noted(tmp_path):
    for name in names(3):
        photograph(tmp_path / name)
    table, skipped = coco(tmp_path, TALL, WIDE, TALL, bbox=[82, 5, 10, 45])
    assert len(table) == 3
    assert (table.images.size_wh == WIDE).all()
    assert skipped.counts == {}
    assert skipped.noted == {OTHER_SIZE: 2}
    assert "000000000001.jpg): 100 x 80, annotated 80 x 100" in skipped.entries[0]["entry"]


def test_people_of_a_larger_picture_are_left_out_and_counted(tmp_path):
    for name in names(2):
        photograph(tmp_path / name, (50, 40))
    with pytest.raises(InputError, match=f"2 x {OTHER_SCALE}"):
        coco(tmp_path, WIDE, WIDE)
    photograph(tmp_path / names(2)[1])
    table, skipped = coco(tmp_path, WIDE, WIDE)
    assert table.source_id == ("2",)
    assert skipped.counts == {OTHER_SCALE: 1, "person on an image that was skipped": 1}


def test_mpii_joints_tell_too(tmp_path):
    joints = [[30.0 + j, 20.0 + 2 * j, 1.0] for j in range(16)]
    row = {"img_paths": "a.jpg", "joint_self": joints, "objpos": [40.0, 40.0], "scale_provided": 0.4}
    (tmp_path / "m.json").write_text(json.dumps([row | {"img_width": 100.0, "img_height": 80.0}]))
    photograph(tmp_path / "photos" / "a.jpg", (40, 32))
    with pytest.raises(InputError, match=OTHER_SCALE):
        read_mpii(tmp_path / "m.json", tmp_path / "photos")
    photograph(tmp_path / "photos" / "a.jpg", (80, 100))
    table, skipped = read_mpii(tmp_path / "m.json", tmp_path / "photos")
    np.testing.assert_array_equal(table.images.size_wh, [[80, 100]])
    assert skipped.noted == {OTHER_SIZE: 1}


def test_an_image_without_a_readable_header_is_counted(tmp_path):
    for name in names(4):
        photograph(tmp_path / name)
    (tmp_path / names(4)[1]).write_bytes(b"")
    (tmp_path / names(4)[2]).write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    table, skipped = coco(tmp_path, WIDE, WIDE, WIDE, WIDE)
    assert table.source_id == ("1", "4")
    assert skipped.counts == {"image file cannot be read": 2, "person on an image that was skipped": 2}
    assert "a HEIC photograph: save it as JPEG or PNG" in skipped.entries[1]["entry"]
