"""OpenCV comes by one of four wheels, which share a folder."""

from __future__ import annotations

from importlib import metadata

import pytest

from pipeline import doctor
from pipeline.fingerprint import version_of

CONTRIB, PLAIN = "opencv-contrib-python-headless", "opencv-python-headless"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The wheels that are taken for installed, to be filled."""
    wheels: dict[str, str] = {}
    others = metadata.version

    def version(name: str) -> str:
        if name in wheels:
            return wheels[name]
        if name.startswith("opencv"):
            raise metadata.PackageNotFoundError(name)
        return others(name)

    monkeypatch.setattr(metadata, "version", version)
    return wheels


def test_a_key_holds_opencvs_version_whichever_wheel_brought_it(installed):
    assert version_of(PLAIN) == ""
    for wheel in (CONTRIB, PLAIN):
        installed.clear()
        installed[wheel] = "5.1.2"
        assert version_of(PLAIN) == "5.1.2"


def test_doctor_says_which_wheel_lacks_edge_boxes_and_that_two_get_in_each_others_way(installed, monkeypatch):
    assert doctor._opencv().state == "problem"
    installed[PLAIN] = "5.0.0"
    monkeypatch.setattr(doctor, "edge_boxes_there", lambda: False)
    lacks = doctor._opencv()
    assert (lacks.state, lacks.what) == ("none", f"{PLAIN} 5.0.0")
    assert "Edge Boxes" in lacks.brings
    installed[CONTRIB] = "5.0.1"
    both = doctor._opencv()
    assert (both.state, both.what) == ("none", f"{CONTRIB} 5.0.1, {PLAIN} 5.0.0: all own the folder cv2")
    assert both.brings.startswith("pip uninstall -y")
    del installed[PLAIN]
    monkeypatch.setattr(doctor, "edge_boxes_there", lambda: True)
    assert doctor._opencv().state == "ok"
