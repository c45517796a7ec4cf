"""Drawing, words, times and charts of the report."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.report.inputs import ReportInputs
from pipeline.report.pictures import picture, picture_of_file, write_png
from pipeline.report.section import Section, union
from pipeline.report.sections.times import memory_of, timings_of
from pipeline.report.words import count, duration, joined, percent, signed
from pipeline.unit import Reads


def test_drawings_stay_sharp_and_photographs_become_jpeg(tmp_path):
    drawing = np.full((120, 160, 3), 255, np.uint8)
    drawing[20:60, 30:90] = (200, 30, 30)
    write_png(drawing, tmp_path / "drawing.png")
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    write_png(noise, tmp_path / "photo.png")
    assert picture_of_file(tmp_path / "drawing.png", "a", 80).uri.startswith("data:image/png")
    assert picture_of_file(tmp_path / "photo.png", "a", 80).uri.startswith("data:image/jpeg")
    wide = np.zeros((10, 3000, 3), np.uint8)
    write_png(wide, tmp_path / "wide.png")
    assert picture_of_file(tmp_path / "wide.png", "a", 80).width == 1400
    assert picture(noise, "what it shows", 80).alt == "what it shows"


def test_times_are_added_up_in_the_order_of_the_stages(tmp_path):
    artifacts = {}
    for stage, seconds in (("fit", (2.0, 3.0)), ("annotations", (1.5,)), ("bare", ())):
        for number, value in enumerate(seconds):
            folder = tmp_path / stage / str(number)
            folder.mkdir(parents=True)
            (folder / "manifest.json").write_text(json.dumps({"seconds": value, "host": f"machine{number}"}))
        artifacts[stage] = {str(n): tmp_path / stage / str(n) for n in range(3)}
    times = timings_of(ReportInputs(artifacts, {}))
    assert [(t.stage, t.units, t.seconds) for t in times] == [("fit", 2, 5.0), ("annotations", 1, 1.5)]
    assert times[0].hosts == ("machine0", "machine1")


def test_memory_is_the_most_of_any_training_that_is_known(tmp_path):
    def told(name, **manifest):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(json.dumps(manifest))
        return tmp_path / name

    one, other = told("one", memory={"process": 700, "gpu": 90}), told("other", memory={"process": 800, "gpu": 80})
    older = told("older", seconds=1.0)
    shared = told("shared", memory={"process": 600}, key_parts={"param": {"devices": 2}})
    assert memory_of([one, other]) == {"process": 800, "gpu": 90}
    assert memory_of([one, older]) is memory_of([shared]) is memory_of([tmp_path / "nothing"]) is None


def test_what_several_sections_open_is_one_input():
    one = Section("one", "", "", {"fit": ("a",), "annotations/train": ("p",)})
    other = Section("other", "", "", {"fit": ("b", "a")})
    assert union((one, other)) == {
        "fit": Reads("fit", None, ("a", "b")),
        "annotations/train": Reads("annotations", "train", ("p",)),
    }


@pytest.mark.parametrize(
    ("value", "text"), [(0.94, "0.9 s"), (48.2, "48 s"), (59.7, "1 min 00 s"), (425, "7 min 05 s"), (7800, "2 h 10 min")]
)
def test_durations(value, text):
    assert duration(value) == text


def test_words():
    assert count(1, "body", "bodies") == "1 body"
    assert count(2400, "image") == "2,400 images"
    assert percent(3, 100) == "3 %"
    assert percent(1, 32) == "3.1 %"
    assert percent(1, 0) == "0 %"
    assert signed(-1.25) == "−1.2"
    assert signed(2) == "+2.0"
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined([]) == ""
