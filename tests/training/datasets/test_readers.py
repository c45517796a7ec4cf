"""Readers as a table: our own, and one that another package declares, through `rarepose rare` too."""

from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.config import load_config
from pipeline.tasks.shared import image_root, poses
from smpl_assets.errors import InputError
from smpl_assets.plugins import Table
from smpl_assets.work import Bench
from tests.packages import install
from training.datasets.reader import Glance, Reader
from training.datasets.settings import DataSettings
from training.datasets.stage import read_annotations, read_poses, recognise_format
from training.datasets.table import READERS

from .coco_files import document, person, write

MINE = """
from training.datasets.coco import read_coco
from training.datasets.reader import Reader

READER = Reader(
    is_mine=lambda glance: glance.lists("mine"),
    read=lambda settings, split, progress: read_coco(*settings.files, progress),
)
MADE = Reader(lambda glance: False, READER.read, make=lambda settings, split, bench: (bench.out / "made.txt").write_text(split))
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A package with an entry point of its own, found as an installed one is."""
    site = tmp_path / "site"
    readers = {"mine": "my_reader:READER", "made": "my_reader:MADE"}
    install(site, "mine", {"rarepose.readers": readers}, {"my_reader.py": MINE})
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(READERS.__dict__, "others", raising=False)
    yield tmp_path
    READERS.__dict__.pop("others", None)
    sys.modules.pop("my_reader", None)


@pytest.mark.parametrize("name", READERS.own)
def test_every_entry_is_a_reader(name):
    assert isinstance(READERS.load(name), Reader)


def test_a_reader_of_another_package_reads_and_recognises(mine):
    path, images = write(mine, document(person(1)) | {"mine": []})
    table, _ = read_poses(DataSettings(format="mine", annotations=str(path), images=str(images)))
    assert table.source_id == ("1",)
    other = mine / "other.json"
    other.write_text(json.dumps({"mine": []}))
    assert recognise_format(other) == "mine"
    assert READERS.find("mine").origin == "mine"


def test_rare_poses_of_a_reader_of_another_package(mine):
    path, _ = write(mine, document(*(person(n) for n in range(1, 13))))
    done = CliRunner().invoke(app, ["rare", str(path), "--format", "mine", "--clusters", "2", "--out", str(mine / "rare")])
    assert done.exit_code == 0, done.output
    assert "(mine):" in done.output
    for wrong, why in (("yours", "data.format = 'yours' is not known"), ("demo", "a set that is made has no file")):
        failed = CliRunner().invoke(app, ["rare", str(path), "--format", wrong])
        assert isinstance(failed.exception, InputError)
        assert why in failed.exception.what


def test_a_set_of_another_package_may_be_made(mine):
    read_annotations(DataSettings(format="made"), "train", Bench(0, mine))
    assert (mine / "made.txt").read_text() == "train"
    (mine / "rarepose.toml").write_text(
        """
        [data]
        train = {format = "made"}
        validation = {format = "mine", annotations = "a", images = "b"}
        """
    )
    config = load_config(mine / "rarepose.toml")
    assert image_root(config, "train", mine) == mine / "images"
    assert poses(config, "train", images=True).files == ("poses.npz", "images/")
    assert image_root(config, "validation", mine).name == "b"
    assert poses(config, "validation", images=True).files == ("poses.npz",)


def test_a_set_of_another_package_that_is_not_made_asks_for_its_files(mine):
    with pytest.raises(InputError, match=r"data\.train: format 'mine' reads files"):
        read_annotations(DataSettings(format="mine"), "train", Bench(0, mine))
    for form in ("mine", "coco"):
        with pytest.raises(ValueError, match="`annotations` is missing"):
            DataSettings(format=form, images="b")


def test_unknown_formats_name_the_known_ones():
    with pytest.raises(ValueError, match="use one of coco, mpii, lsp, posetrack, demo"):
        DataSettings(format="voc", annotations="a")
    assert isinstance(READERS, Table)


def test_a_glance_opens_a_file_once(tmp_path, monkeypatch):
    path, _ = write(tmp_path, document(person(1)))
    glance = Glance(path)
    assert glance.lists("annotations", "categories")
    path.unlink()
    assert glance.first("annotations")[0]["id"] == 1
    assert not glance.tracks
