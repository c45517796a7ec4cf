"""Walking a user's folder."""

from pathlib import Path

from pipeline.files import FileDigests
from smpl_assets.walk import files_below


def names(root: Path) -> list[str]:
    return [p.as_posix() for p in files_below(root)]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/c.jpg", ".hidden", ".git/x", "a/._c.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names(tmp_path) == ["b.jpg", "a/c.jpg"]


def test_linked_folders_are_followed_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "disk" / "cam").mkdir(parents=True)
    (tmp_path / "disk" / "cam" / "1.jpg").touch()
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cam").symlink_to(tmp_path / "disk" / "cam")
    (tmp_path / "disk" / "cam" / "up").symlink_to(tmp_path / "set")
    assert names(tmp_path / "set") == ["cam/1.jpg"]


def test_a_digest_sees_what_changes_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "1.jpg").write_text("one")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "cam").symlink_to(tmp_path / "disk")
    before = FileDigests(tmp_path / "store").of(tmp_path / "set")
    (tmp_path / "disk" / "1.jpg").write_text("another")
    assert FileDigests(tmp_path / "store").of(tmp_path / "set") != before
