import numpy as np
import pytest
from PIL import Image

from smpl_assets.errors import InputError
from tests.training.video.films import HEIGHT, WIDTH, film, joined, level, picture, turned
from training.video import read
from training.video.av_footage import AvFootage
from training.video.cv_footage import CvFootage
from training.video.folder import GAP, UNREADABLE
from training.video.footage import BACK, ENDS_EARLY, RESIZED, Clock
from training.video.read import open_footage

READERS = pytest.mark.parametrize("reader", [AvFootage, CvFootage])


@READERS
def test_frames_come_in_order_with_their_times(reader, tmp_path):
    footage = reader(film(tmp_path / "a.mp4"))
    shots = list(footage.shots())
    assert (footage.name, footage.count, round(footage.rate)) == ("a", 12, 10)
    assert [level(s.image) for s in shots] == list(range(12))
    assert [s.number for s in shots] == list(range(12))
    assert [s.seconds for s in shots] == pytest.approx([n / 10 for n in range(12)], abs=0.002)
    assert shots[0].image.shape == (HEIGHT, WIDTH, 3)
    assert not footage.noted.noted


@READERS
def test_a_variable_rate_is_kept(reader, tmp_path):
    times = [0.0, 0.1, 0.4, 0.45, 1.0, 1.2]
    shots = list(reader(film(tmp_path / "a.mp4", 6, times=times)).shots())
    assert [s.seconds for s in shots] == pytest.approx(times, abs=0.002)


@READERS
def test_a_camera_held_sideways_gives_upright_pictures(reader, tmp_path):
    image = next(iter(reader(turned(film(tmp_path / "a.mp4"))).shots())).image
    assert image.shape == (WIDTH, HEIGHT, 3)
    np.testing.assert_allclose(image.astype(int), np.rot90(picture(0), -1), atol=40)
    assert image[5, -5].min() > 200  # what was the top left is at the top right
    assert image[-5, 5].max() < 60


@READERS
def test_a_file_that_is_cut_off_gives_what_it_has_or_says_so(reader, tmp_path):
    whole = film(tmp_path / "a.mp4", 40, movflags="faststart", noise=True)
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * 0.6)])
    footage = reader(whole)
    shots = list(footage.shots())
    assert 5 < len(shots) < 36
    assert footage.noted.noted == {ENDS_EARLY: 1}
    without_index = film(tmp_path / "b.mp4", 40)
    without_index.write_bytes(without_index.read_bytes()[:-2000])
    with pytest.raises(InputError, match="open") as caught:
        list(reader(without_index).shots())
    assert "cut off" in caught.value.next_step


@pytest.mark.parametrize(("reader", "noted"), [(AvFootage, {RESIZED: 6, BACK: 1}), (CvFootage, {BACK: 1})])
def test_joined_recordings_of_two_sizes_come_in_one_with_times_that_rise(reader, noted, tmp_path):
    """OpenCV scales frames itself: neither a frame nor a property of the capture tells that the size changed."""
    footage = reader(joined(tmp_path / "a.ts"))
    shots = list(footage.shots())
    assert len({s.image.shape for s in shots}) == 1
    assert [s.seconds for s in shots] == pytest.approx([n / 10 for n in range(12)], abs=0.002)
    assert footage.noted.noted == noted


@pytest.mark.parametrize(
    ("said", "times", "back"),
    [
        ([0.0, 0.1, 0.5, 0.0, 0.2, 0.9], [0, 0.1, 0.5, 0.6, 0.8, 1.5], 1),
        ([0.0, 0.0, 0.1, 0.4], [0, 0.1, 0.2, 0.4], 0),
        ([0.0, 0.3, 0.0, 0.3, 0.0], [0, 0.3, 0.4, 0.7, 0.8], 2),
    ],
)
def test_times_rise_whatever_the_container_says(said, times, back, tmp_path):
    footage = AvFootage(film(tmp_path / "a.mp4", 2))
    clock = Clock(footage)
    assert [clock(s, str(n)) for n, s in enumerate(said)] == pytest.approx(times)
    assert footage.noted.noted.get(BACK, 0) == back


@READERS
@pytest.mark.parametrize("content", [b"", b"no video at all" * 50])
def test_what_is_no_video_is_refused(reader, content, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match="video"):
        list(reader(path).shots())


def _images(folder, names, size=(WIDTH, HEIGHT)):
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        Image.fromarray(picture(number, *size)).save(folder / name)
    return folder


def test_a_folder_is_read_in_the_order_of_its_numbers(tmp_path):
    footage = open_footage(str(_images(tmp_path / "f", [f"frame{n}.png" for n in (2, 10, 1)])), rate=10.0)
    shots = list(footage.shots())
    assert [s.name for s in shots] == ["frame1.png", "frame2.png", "frame10.png"]
    assert [s.number for s in shots] == [1, 2, 10]
    assert [s.seconds for s in shots] == pytest.approx([0, 0.1 / 4, 0.9 / 4], abs=0.1)
    assert footage.by == "images"


def test_gaps_are_gaps_in_time_and_told(tmp_path):
    footage = open_footage(str(_images(tmp_path / "f", [f"{n:04d}.png" for n in (4, 8, 12, 24, 28)])), rate=10.0)
    assert [round(s.seconds, 3) for s in footage.shots()] == [0, 0.1, 0.2, 0.5, 0.6]
    assert footage.noted.noted == {GAP: 1}


def test_frames_of_another_size_and_broken_ones_are_told(tmp_path):
    folder = _images(tmp_path / "f", ["0.png", "1.png", "2.png"])
    Image.fromarray(picture(1, 48, 32)).save(folder / "1.png")
    (folder / "2.png").write_bytes(b"broken")
    footage = open_footage(str(folder))
    assert {s.image.shape for s in footage.shots()} == {(HEIGHT, WIDTH, 3)}
    assert (footage.noted.noted, footage.noted.counts) == ({RESIZED: 1}, {UNREADABLE: 1})


def test_patterns_single_images_and_nothing(tmp_path):
    folder = _images(tmp_path / "f", ["a1.png", "a2.png", "b1.png"])
    assert len(list(open_footage(str(folder / "a*.png")).shots())) == 2
    assert len(list(open_footage(str(folder / "a1.png")).shots())) == 1
    with pytest.raises(InputError, match="no such video"):
        open_footage(str(folder / "c*.png"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no image in this folder"):
        open_footage(str(tmp_path / "empty"))
    for file in folder.iterdir():
        file.write_bytes(b"x")
    with pytest.raises(InputError, match="none of 3 images"):
        list(open_footage(str(folder)).shots())


@pytest.mark.parametrize("source", [".", "../shots", "*.png", "deep/.."])
def test_a_folder_has_its_name_however_it_is_reached(source, tmp_path, monkeypatch):
    folder = _images(tmp_path / "shots", ["a1.png"])
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder)
    assert open_footage(source).name == "shots"


def test_opencv_reads_where_pyav_is_not_installed(tmp_path, monkeypatch):
    file = film(tmp_path / "a.mp4")
    assert open_footage(str(file)).by == "PyAV"
    monkeypatch.setattr(read, "has_av", lambda: False)
    assert open_footage(str(file)).by == "OpenCV"
