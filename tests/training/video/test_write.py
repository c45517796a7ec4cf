import resource

import numpy as np
import pytest

from tests.training.video.films import level, picture
from training.video import write
from training.video.av_footage import AvFootage
from training.video.write import AvWriter, CvWriter, VideoError, open_writer

WRITERS = pytest.mark.parametrize("writer", [AvWriter, CvWriter])


@WRITERS
@pytest.mark.parametrize("size", [(96, 64), (97, 63)])
def test_what_was_written_is_read_back(writer, size, tmp_path):
    path = tmp_path / "a.mp4"
    with writer(path, 10.0) as out:
        for number in range(8):
            out.write(picture(number, *size), number / 10.0)
    footage = AvFootage(path)
    shots = list(footage.shots())
    assert [level(s.image) for s in shots] == list(range(8))
    assert [s.seconds for s in shots] == pytest.approx([n / 10 for n in range(8)], abs=0.01)
    assert shots[0].image.shape == (64, 98 if size[0] == 97 else 96, 3)
    first = picture(0, *size)
    np.testing.assert_allclose(shots[0].image[: len(first), : first.shape[1]].astype(int), first, atol=60)


def test_h264_in_mp4_with_its_index_in_front_and_times_as_they_were(tmp_path):
    import av

    path, times = tmp_path / "a.mp4", [0.0, 0.04, 0.5, 0.52, 1.7]
    with AvWriter(path, 25.0) as out:
        for number, seconds in enumerate(times):
            out.write(picture(number), seconds)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert [s.seconds for s in AvFootage(path).shots()] == pytest.approx(times, abs=0.001)


@WRITERS
def test_an_interruption_leaves_a_whole_file(writer, tmp_path):
    path = tmp_path / "a.mp4"

    def interrupted():
        with writer(path, 10.0) as out:
            for number in range(6):
                out.write(picture(number), number / 10.0)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(list(AvFootage(path).shots())) == 6


@pytest.fixture
def small_disk():
    """No file may grow beyond 10 kB, as on a disk that has no more room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@WRITERS
@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_fills_is_said(writer, tmp_path):
    rng = np.random.default_rng(0)

    def fill():
        with writer(tmp_path / "a.mp4", 10.0) as out:
            for number in range(20):
                out.write(rng.integers(0, 255, (64, 96, 3), np.uint8), number / 10)

    with pytest.raises(VideoError, match="cannot be written") as caught:
        fill()
    assert "--no-video" in caught.value.next_step


def test_who_writes_is_said(tmp_path, monkeypatch):
    assert open_writer(tmp_path / "a.mp4", 10.0).kind == "H.264 by PyAV"
    monkeypatch.setattr(write, "has_av", lambda: False)
    assert "rarepose[video]" in open_writer(tmp_path / "b.mp4", 10.0).kind


def test_nothing_written_is_no_error(tmp_path):
    for writer in (AvWriter, CvWriter):
        with writer(tmp_path / f"{writer.__name__}.mp4", 10.0):
            pass
