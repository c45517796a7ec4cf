"""`rarepose track` with a tracker that knows where its people are: what is read, written, shown, and left by Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from pipeline import track_command
from pipeline.cli import app
from pipeline.track_command import Part, find_checkpoint, options_of, track
from pipeline.track_progress import TrackProgress
from smpl_assets.errors import InputError
from smpl_assets.skeletons import get_skeleton
from tests.training.datasets.sequences import people
from tests.training.video.films import film, joined, level
from training.datasets.posetrack_sequences import read_sequences
from training.tracking.checkpoint import read_tracker_card
from training.tracking.live import LiveTracker
from training.tracking.people import UNTRACKED, People
from training.video import write
from training.video.av_footage import AvFootage
from training.video.footage import BACK, ENDS_EARLY, RESIZED
from training.video.write import AvWriter


class Known(LiveTracker):
    """Two people who walk, and one without a track; one frame late, as the off-line tracker."""

    def __init__(self, stop_at: int = -1) -> None:
        trained = SimpleNamespace(card=read_tracker_card(find_checkpoint(None)))
        self.eye: Any = SimpleNamespace(limbs=SimpleNamespace(skeleton=get_skeleton("posetrack15")), trained=trained)
        self.stop_at = stop_at

    def track(self, images: Iterable[np.ndarray], name: str = "") -> Iterator[People]:
        waiting: list[int] = []
        for image in images:
            waiting.append(level(image))
            if len(waiting) > 1:
                yield self._people(waiting.pop(0))
        for number in waiting:
            yield self._people(number)

    def _people(self, number: int) -> People:
        if number == self.stop_at:
            raise KeyboardInterrupt
        return people(np.array([[20.0 + number, 10.0], [60.0 + number, 12.0], [40.0, 5.0]]), [0, 1, UNTRACKED], height=45.0)


def run(source: Path | str, out: Path, part: Part | None = None, **options: Any) -> dict[str, Any]:
    """What the command says for programs, and what it showed."""
    shown = io.StringIO()
    progress = TrackProgress(Console(file=shown, width=200))
    result, footage = track(
        str(source), options.pop("tracker", Known()), part or Part(), out, 10.0, options.pop("video", True), progress
    )
    return result.to_json(footage) | {"shown": shown.getvalue(), "by": result.written_by}


def test_everything_that_is_written_fits_together(tmp_path: Path) -> None:
    times = [n / 10 for n in range(8)] + [1.5, 1.6, 3.0, 3.1]
    told = run(film(tmp_path / "walk.mp4", times=times), tmp_path / "out")
    assert (told["frames"], told["tracks"], told["most_people"], told["interrupted"]) == (12, 2, 2, False)
    found = read_sequences(Path(told["files"]["json"]), predicted=True)[0][0]
    assert (found.name, found.width, found.height, len(found.frames)) == ("walk", 96, 64, 12)
    assert found.frames[3].image == "walk/000003.jpg"
    assert found.frames[3].people is not None
    assert found.frames[3].people.ids.tolist() == [0, 1]
    rows = list(csv.DictReader(Path(told["files"]["csv"]).read_text().splitlines()))
    assert len(rows) == 12 * 2 * 15
    tops = [r for r in rows if r["joint"] == "head_top" and r["id"] == "1"]
    assert [float(r["seconds"]) for r in tops] == pytest.approx(times, abs=0.002)
    assert [float(r["x"]) for r in tops] == [59.5 + n for n in range(12)]
    video = list(AvFootage(Path(told["files"]["video"])).shots())
    assert [s.seconds for s in video] == pytest.approx(times, abs=0.002)
    assert told["by"] == "H.264 by PyAV"
    page = Path(told["files"]["html"]).read_text()
    assert page.count("<figure>") == 6
    assert "track 1, 0 to 11" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_part_of_a_video(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4")
    told = run(source, tmp_path / "out", Part(every=2, start=0.3, end=0.9), video=False)
    found = read_sequences(Path(told["files"]["json"]), predicted=True)[0][0]
    assert [f.image_id for f in found.frames] == [4, 6, 8]
    assert "video" not in told["files"]
    assert not (tmp_path / "out" / "a.mp4").exists()
    with pytest.raises(InputError, match="no frame between 5 and 6 s"):
        run(source, tmp_path / "out", Part(start=5.0, end=6.0))


def test_joined_recordings_are_cut_at_their_common_time(tmp_path: Path) -> None:
    source = joined(tmp_path / "a.ts")
    told = run(source, tmp_path / "out", Part(start=0.45, end=0.85), video=False)
    rows = csv.DictReader(Path(told["files"]["csv"]).read_text().splitlines())
    assert list(dict.fromkeys((r["frame"], r["seconds"]) for r in rows)) == [(str(n), f"{n / 10:.3f}") for n in range(5, 9)]
    assert told["noted"] == {RESIZED: 4, BACK: 1}  # the frame behind the end is read to know it


def test_ctrl_c_leaves_valid_files_of_what_was_done(tmp_path: Path) -> None:
    told = run(film(tmp_path / "a.mp4"), tmp_path / "out", tracker=Known(stop_at=7))
    assert (told["frames"], told["interrupted"]) == (7, True)
    assert len(read_sequences(Path(told["files"]["json"]), predicted=True)[0][0].frames) == 7
    assert len(list(AvFootage(Path(told["files"]["video"])).shots())) == 7
    assert "stopped by hand" in Path(told["files"]["html"]).read_text()


def test_a_video_that_cannot_be_written_leaves_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = AvWriter.write

    def full(self: AvWriter, image: np.ndarray, seconds: float) -> None:
        if seconds > 0.35:
            raise write._full(self.path, "No space left on device")
        written(self, image, seconds)

    monkeypatch.setattr(AvWriter, "write", full)
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"a\.mp4: the video cannot be written \(No space left") as caught:
        run(film(tmp_path / "a.mp4"), out)
    assert caught.value.exit_code == 2
    assert "--no-video" in caught.value.next_step
    assert f"whole: {out / 'a.json'}, {out / 'a.csv'}, {out / 'a.html'}" in caught.value.next_step
    assert sorted(p.name for p in out.iterdir()) == ["a.csv", "a.html", "a.json"]
    assert len(read_sequences(out / "a.json", predicted=True)[0][0].frames) == 4


@pytest.mark.parametrize("full", ["json", "csv", "html"])
def test_a_disk_that_fills_leaves_files_that_are_whole(tmp_path: Path, full: str) -> None:
    source, out = film(tmp_path / "a.mp4"), tmp_path / "out"
    told = run(source, out)
    before = {kind: Path(path).read_bytes() for kind, path in told["files"].items()}
    (out / f".a.{full}.part").symlink_to("/dev/full")
    with pytest.raises(InputError, match=f"a\\.{full}: no space left on the disk") as caught:
        run(source, out, Part(every=2))
    assert caught.value.exit_code == 2
    assert "--out" in caught.value.next_step
    assert f"a.{full}" not in caught.value.next_step
    assert sorted(p.name for p in out.iterdir()) == ["a.csv", "a.html", "a.json", "a.mp4"]
    assert (out / f"a.{full}").read_bytes() == before[full]
    others = {kind for kind in ("json", "csv", "html") if (out / f"a.{kind}").read_bytes() != before[kind]}
    assert others == {"json", "csv", "html"} - {full}


def test_nothing_that_can_be_written_is_one_error(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for kind in ("json", "csv", "html"):
        (out / f".a.{kind}.part").symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"a\.json: no space left on the disk; .*a\.csv: no space.*a\.html: no space") as caught:
        run(film(tmp_path / "a.mp4"), out, video=False)
    assert caught.value.next_step.endswith("no file was written")
    assert list(out.iterdir()) == []


def test_a_video_whose_place_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "out" / "a.mp4").mkdir(parents=True)
    with pytest.raises(InputError, match=r"a\.mp4: the video cannot be written \(Is a directory\)"):
        run(film(tmp_path / "a.mp4"), tmp_path / "out")


def test_folders_without_pyav_and_damaged_videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = film(tmp_path / "cut.mp4", 40, movflags="faststart", noise=True)
    cut.write_bytes(cut.read_bytes()[: int(cut.stat().st_size * 0.6)])
    assert run(cut, tmp_path / "out")["noted"] == {ENDS_EARLY: 1}
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, shot in enumerate(AvFootage(film(tmp_path / "a.mp4", 3)).shots()):
        Image.fromarray(shot.image).save(folder / f"{number:03d}.png")
    monkeypatch.setattr(write, "has_av", lambda: False)
    told = run(folder, tmp_path / "out")
    assert told["frames"] == 3
    assert "VP9 by OpenCV" in told["by"]
    assert "rarepose[video]" in told["by"]
    one = run(folder / "000.png", tmp_path / "out", video=False)
    assert one["frames"] == 1


def test_nobody_anywhere(tmp_path: Path) -> None:
    class Blind(Known):
        def _people(self, number: int) -> People:
            return people(np.zeros((0, 2)), [])

    told = run(film(tmp_path / "a.mp4"), tmp_path / "out", tracker=Blind())
    assert (told["frames"], told["tracks"]) == (12, 0)
    assert "Nobody was found" in Path(told["files"]["html"]).read_text()


def test_lines_in_a_log_say_rate_and_time_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import track_progress

    monkeypatch.setattr(track_progress, "LINE_SECONDS", 0.0)
    told = run(film(tmp_path / "a.mp4"), tmp_path / "out", video=False)
    assert "5/12 frames" in told["shown"]
    assert "s left  2 people" in told["shown"]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveTracker, "load", classmethod(lambda *a, **k: Known()))
    monkeypatch.setattr(track_command, "find_checkpoint", lambda given: Path("there"))
    source, out = film(tmp_path / "a.mp4"), tmp_path / "out"
    words = ["track", str(source), "--out", str(out), "--device", "cpu"]
    done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    told = json.loads(done.stdout)
    assert (told["tracks"], told["checkpoint"]) == (2, "there")
    began = "tml_tiny, 2 temporal stages, learnt from rendered sequences, started from weights of simple_tiny"
    assert told["network"].startswith(began)
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "12 frames at" in done.stdout
    assert f"network: the one that ships ({began}" in done.stdout
    assert began in (out / "a.html").read_text()
    assert "a.mp4" in done.stdout
    monkeypatch.setattr(LiveTracker, "load", classmethod(lambda *a, **k: Known(stop_at=4)))
    assert CliRunner().invoke(app, [*words, "--json"]).exit_code == 130
    for bad, says in ((["--start", "3", "--end", "2"], "not after --start"), (["--device", "tpu"], "not known")):
        with pytest.raises(InputError, match=says):
            CliRunner().invoke(app, [*words, *bad], catch_exceptions=False)


def test_people_are_expected_to_move_on_unless_one_says_otherwise() -> None:
    assert options_of("tml", online=True, motion=None) == {"online": True, "motion": 0.8}
    assert options_of("distance", online=True, motion=0.0) == {"motion": 0.0}
    assert options_of("flow", online=False, motion=None) == options_of("flow", online=False, motion=0.0) == {}
    with pytest.raises(InputError, match=r"--motion 0\.5: flow does not go by"):
        options_of("flow", online=False, motion=0.5)
    with pytest.raises(InputError, match="nobody"):
        options_of("nobody", online=False, motion=None)


def test_which_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_checkpoint(tmp_path) == tmp_path / "network.safetensors"
    assert find_checkpoint(tmp_path / "a.safetensors") == tmp_path / "a.safetensors"
    monkeypatch.setattr(track_command, "WEIGHTS", tmp_path)
    with pytest.raises(InputError, match="no weights of a tracker are shipped"):
        find_checkpoint(None)
    (tmp_path / "tml_tiny.safetensors").touch()
    assert find_checkpoint(None) == tmp_path / "tml_tiny.safetensors"
