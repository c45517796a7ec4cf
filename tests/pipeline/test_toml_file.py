from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_config
from smpl_assets.errors import InputError

GOOD = 'name = "größer"\n[data]\nroot = "C:/data"\n'


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace('"C:/data"', "'C:\\data'"), ""])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_mark_and_windows_lines_change_nothing(tmp_path: Path, text: str, mark: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(mark + text.encode())
    config = load_config(tmp_path / "a.toml")
    assert config.name == ("größer" if text else "rarepose")
    assert config.data.root in ("C:/data", "C:\\data", "")


BAD = {
    "UTF-16": (GOOD.encode("utf-16"), "written in UTF-16, TOML is UTF-8", "save it as UTF-8"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), "written in UTF-16", "save it as UTF-8"),
    "Latin-1": (b'seed = 1\nname = "gr\xf6sser"\n', "line 2: not UTF-8 (byte 0xf6)", "save it as UTF-8"),
    "backslash": (b'[data]\nroot = "D:\\images"\n', 'at line 2, column 13)): root = "D:\\images"', "use / or single quotes"),
    "backslash U": (b'[data]\nroot = "C:\\Users\\me"\n', 'root = "C:\\Users\\me"', "use / or single quotes"),
    "backslash t": (b'[data]\nroot = "C:\\temp"\n', "data.root = 'C:\\temp' holds a control character", "use / or single quotes"),
    "in a list": (
        b'[[inverse.pool.files]]\npath = "a\\nb"\n',
        "pool.files.path = 'a\\nb' holds",
        "use / or single quotes",
    ),
    "quotes": ("name = “x”\n".encode(), "not valid TOML (Invalid value (at line 1", ""),
    "JSON": (b'{"seed": 1}', "at line 1, column 1", "this looks like JSON"),
    "YAML": (b"seed: 1\nrender:\n  people: 2\n", "at line 1, column 5", "this looks like YAML"),
    "decimal comma": (b"[train]\nlearning_rate = 0,01\n", "at line 2", "write a decimal point"),
    "twice": (b"seed = 1\nseed = 2\n", "not valid TOML (Cannot overwrite a value (at line 2", ""),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_read_is_said_with_its_line(tmp_path: Path, kind: str) -> None:
    raw, what, cure = BAD[kind]
    path = tmp_path / "a.toml"
    path.write_bytes(raw)
    with pytest.raises(InputError) as error:
        load_config(path)
    assert what in error.value.what
    assert str(path) in error.value.what
    assert cure in error.value.next_step


def test_a_folder_and_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a folder where a TOML file is expected"):
        load_config(tmp_path)
    with pytest.raises(InputError, match=r"none\.toml: cannot be read \(No such file"):
        load_config(tmp_path / "none.toml")


def test_a_set_value_with_an_escape(tmp_path: Path) -> None:
    assert load_config(None, ["data.root=C:\\temp"]).data.root == "C:\\temp"
    with pytest.raises(InputError, match=r"--set .* holds a control character"):
        load_config(None, ['data.root="C:\\temp"'])
