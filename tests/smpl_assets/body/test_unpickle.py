import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from smpl_assets.body.unpickle import read_pickle
from smpl_assets.errors import InputError
from tests.smpl_assets.body.synthetic import model_arrays


def test_official_layout_is_read(smpl_file):
    raw, arrays = read_pickle(smpl_file), model_arrays()
    for name, array in arrays.items():
        assert np.array_equal(raw[name], array), name
    assert raw["bs_style"] == "lbs"


def test_chumpy_is_neither_needed_nor_imported(smpl_file):
    code = "import sys\nfrom pathlib import Path\nfrom smpl_assets.body.unpickle import read_pickle\n"
    code += f"read_pickle(Path({str(smpl_file)!r}))\n"
    code += "assert 'chumpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


class Hostile:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("what", ["system", "eval", "getattr", "open"])
def test_a_hostile_pickle_runs_nothing(tmp_path, what, protocol):
    trace = tmp_path / "trace"
    attacks = {
        "system": Hostile(os.system, f"touch {trace}"),
        "eval": Hostile(eval, f"open({str(trace)!r}, 'w')"),
        "getattr": Hostile(getattr, "text", "upper"),
        "open": Hostile(open, str(trace), "w"),
    }
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps({**model_arrays(), "extra": attacks[what]}, protocol=protocol))
    with pytest.raises(InputError, match="nothing was run"):
        read_pickle(path)
    assert not trace.exists()


def test_an_instance_of_an_allowed_module_is_not_created(tmp_path):
    """numpy and scipy are named by honest files, their functions must still be out of reach."""
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x02cnumpy\nsave\nX\x01\x00\x00\x00xK\x01\x86R.")
    with pytest.raises(InputError, match=r"numpy\.save"):
        read_pickle(path)


def test_object_arrays_are_not_arrays(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"v_template": np.array([{}, 1], dtype=object)}, protocol=2))
    with pytest.raises(InputError, match="malformed"):
        read_pickle(path)


@pytest.mark.parametrize("content", [b"", b"no pickle at all", b"\x80\x02]q\x00."])
def test_what_is_no_model_pickle_is_refused(tmp_path, content):
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.pkl"):
        read_pickle(path)


def test_a_file_cut_short_is_refused(smpl_file, tmp_path):
    path: Path = tmp_path / "half.pkl"
    path.write_bytes(smpl_file.read_bytes()[:100_000])
    with pytest.raises(InputError, match=r"half\.pkl"):
        read_pickle(path)


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<i4", "|u1", "|b1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_keep_their_values(tmp_path, dtype, order):
    array = np.asarray(np.arange(24).reshape(2, 3, 4) % 7, dtype=dtype, order=order)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"a": array}, protocol=2))
    read = read_pickle(path)["a"]
    assert np.array_equal(read, array)
    assert read.dtype.kind == array.dtype.kind
