import gzip
import io
import os
import pickle
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest
import scipy.sparse

from smpl_assets.body.records import array_of
from smpl_assets.body.smpl_files import read_model
from smpl_assets.body.unpickle import load_records, read_pickle
from smpl_assets.errors import InputError
from tests.smpl_assets.body.synthetic import model_arrays, official, with_chumpy, write_npz, write_pickle


def test_official_layout_is_read(smpl_file):
    raw, arrays = read_pickle(smpl_file), model_arrays()
    for name, array in arrays.items():
        assert np.array_equal(raw[name], array), name
    assert raw["bs_style"] == "lbs"


def small() -> dict[str, np.ndarray]:
    """Arrays of a model's kinds, of a few vertices."""
    rng = np.random.default_rng(0)
    regressor = np.zeros((4, 300))
    regressor[np.arange(4), np.arange(4) * 7] = 1.0
    return {
        "v_template": rng.normal(size=(300, 3)), "shapedirs": rng.normal(size=(300, 3, 10)), "J_regressor": regressor,
        "posedirs": rng.normal(size=(300, 3, 27)), "kintree_table": np.array([[2**32 - 1, 0, 1, 2], [0, 1, 2, 3]]),
        "f": rng.integers(0, 300, (500, 3)).astype(np.uint32),
    }  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_gives_the_same_arrays(tmp_path, protocol):
    arrays = small()
    read = read_pickle(write_pickle(tmp_path / "SMPL_NEUTRAL.pkl", arrays, protocol))
    for name, array in arrays.items():
        assert np.array_equal(read[name], array), name


class Python2(pickle._Pickler):
    """Writes bytes as Python 2 did: as text without an encoding."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_bytes(self, content):
        self.write(b"T" + len(content).to_bytes(4, "little") + content)
        self.memoize(content)

    dispatch[bytes] = save_bytes


def test_a_file_of_python_2_is_read(tmp_path):
    """Raw latin-1 strings, `__builtin__.set`, `copy_reg`: the official files were written so."""
    arrays = small()
    with open(tmp_path / "model.pkl", "wb") as file:
        with_chumpy(lambda ch: Python2(file, protocol=2).dump(official(arrays, ch)))
    content = (tmp_path / "model.pkl").read_bytes()
    assert b"c__builtin__\nset\n" in content
    assert b"_codecs" not in content
    read = read_pickle(tmp_path / "model.pkl")
    for name, array in arrays.items():
        assert np.array_equal(read[name], array), name


def through(value, protocol=2):
    return array_of(load_records(io.BytesIO(pickle.dumps(value, protocol))))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ["csc", "csr", "coo", "bsr", "dia"])
def test_sparse_matrices_come_out_dense(kind, protocol):
    dense = np.diag(np.arange(1.0, 7.0))
    dense[0, 4] = 3.0
    for make in (getattr(scipy.sparse, f"{kind}_matrix"), getattr(scipy.sparse, f"{kind}_array")):
        assert np.array_equal(through(make(dense), protocol), dense)


def test_chumpy_views_are_followed_and_computed_ones_refused():
    a = np.arange(24.0).reshape(2, 3, 4)

    def check(ch):
        x = ch.Ch(x=a)
        views = {
            "Reshape": (ch.Reshape(a=x, newshape=(6, 4)), a.reshape(6, 4)),
            "ravel": (ch.Reshape(a=x, newshape=-1), a.ravel()),
            "transpose": (ch.transpose(a=x, axes=(1, 0, 2)), a.transpose(1, 0, 2)),
            "reversed": (ch.transpose(a=x, axes=None), a.T),
            "swapaxes": (ch.swapaxes(a=x, axis1=0, axis2=2), a.swapaxes(0, 2)),
            "rollaxis": (ch.rollaxis(a=x, axis=2, start=0), np.rollaxis(a, 2)),
            "Concatenate": (ch.Concatenate(m0=x, m1=x, dterms=["m0", "m1"], axis=1), np.concatenate([a, a], 1)),
            "AtleastNd": (ch.AtleastNd(x=ch.Ch(x=np.array(2.0)), ndims=2), np.array([[2.0]])),
            "a number": (ch.Ch(x=np.float64(2.5)), np.array(2.5)),
        }
        for name, (view, right) in views.items():
            assert np.array_equal(through(view), right), name
        with pytest.raises(TypeError, match="computed, not stored"):
            through(ch.add(a=x, b=x))

    with_chumpy(check)


@pytest.mark.parametrize("protocol", range(6))
def test_array_layouts(protocol):
    """Views, Fortran order, axes in an order of their own (protocol 5 writes all three its own way), empty and scalar arrays."""
    a = np.arange(24.0).reshape(2, 3, 4)
    arrays = [a.transpose(1, 0, 2), np.asfortranarray(a), a[:, ::2], np.zeros((0, 3)), np.float32(3.5), np.array(True), a.T]
    for array in arrays:
        read = through(array, protocol)
        assert np.array_equal(read, array)
        assert read.shape == np.shape(array)


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


@pytest.mark.parametrize("protocol", range(6))
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
    path.write_bytes(pickle.dumps({**small(), "extra": attacks[what]}, protocol=protocol))
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


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 246931\n"


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("SMPL_NEUTRAL.pkl", content)
    return buffer.getvalue()


def tarred(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("SMPL_NEUTRAL.pkl")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda b: b"", "an empty file"),
        (lambda b: bytes(1000), "nothing but zeros"),
        (lambda b: b[: len(b) // 2], "cut off after"),
        (lambda b: b[:-1], "cut off after"),
        (lambda b: b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (lambda b: b"\xef\xbb\xbf\n <HTML><body>Virus scan warning", "a web page"),
        (lambda b: b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an XML document"),
        (lambda b: LFS, "a git-LFS pointer"),
        (lambda b: b"../.git/annex/objects/x4/SHA256E-s24--c0.pkl", "a git-annex pointer"),
        (zipped, r"a zip archive of SMPL_NEUTRAL\.pkl"),
        (lambda b: zipped(b)[:400], "damaged or cut off"),
        (tarred, r"a tar archive of SMPL_NEUTRAL\.pkl"),
        (lambda b: gzip.compress(tarred(b)), "a gzip archive"),
        (lambda b: b.replace(b"\n", b"\r\n"), "from LF to CRLF"),
        (lambda b: b"no pickle at all", "not a pickle of arrays"),
        (lambda b: b"\x80\x02]q\x00.", "holds a list"),
        (lambda b: b"\x80\x02c\x9f\x10umpy\n\xe2ndarray\n.", "not a pickle of arrays"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_damaged_file_is_called_damaged_not_hostile(tmp_path, damage, says, protocol):
    model = {"v_template": np.random.default_rng(0).normal(size=(300, 3)), "J_regressor": scipy.sparse.csc_matrix(np.eye(4))}
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(damage(pickle.dumps(model, protocol)))
    with pytest.raises(InputError, match=says) as caught:
        read_model("smpl", path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "which is not data" not in str(caught.value)
    assert caught.value.next_step


def test_line_ends_changed_the_other_way(tmp_path):
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    noise = np.random.default_rng(0).integers(0, 256, 3_000_000, dtype=np.uint8).tobytes()
    path.write_bytes(pickle.dumps({"a": noise + b"\r\n"}, 2).replace(b"\r\n", b"\n"))
    with pytest.raises(InputError, match="from CRLF to LF"):
        read_pickle(path)


def test_arrays_saved_apart_from_their_pickle(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"a": np.arange(9)}, 5, buffer_callback=lambda _: None))
    with pytest.raises(InputError, match="out-of-band"):
        read_pickle(path)


def test_entries_that_are_not_wanted_are_left_alone(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"a": np.arange(3), "b": np.array([{}, 1], dtype=object)}, protocol=4))
    assert list(read_pickle(path, ["a"])) == ["a"]


def test_a_missing_array_says_what_is_there(tmp_path):
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps({"f": np.zeros((5, 3)), "weights": np.zeros((6890, 24))}, protocol=4))
    with pytest.raises(InputError, match=r"'v_template' is missing, \(6890, 3\) expected; there is f \(5, 3\), weights"):
        read_model("smpl", path)


def test_objects_that_savez_wrapped_are_read(tmp_path):
    """`np.savez(**pickle.load(...))` keeps sparse matrices and chumpy arrays as arrays of objects."""
    arrays = model_arrays()
    with_chumpy(lambda ch: np.savez(tmp_path / "SMPL_NEUTRAL.npz", **official(arrays, ch)))
    read = read_model("smpl", tmp_path / "SMPL_NEUTRAL.npz")
    assert np.array_equal(read.joint_regressor, arrays["J_regressor"].astype(np.float32))
    assert np.array_equal(read.shapedirs, arrays["shapedirs"].astype(np.float32))


def test_hostile_objects_in_a_npz_run_nothing(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "SMPL_NEUTRAL.npz"
    content = model_arrays() | {"J_regressor": np.array(Hostile(os.system, f"touch {trace}"), dtype=object)}
    np.savez(path, **content)
    with pytest.raises(InputError, match="nothing was run"):
        read_model("smpl", path)
    assert not trace.exists()


def test_what_a_file_is_counts_not_its_name(tmp_path, smpl_file):
    """A .npz called .pkl, and a pickle called .npz."""
    write_npz(tmp_path / "a.npz").rename(tmp_path / "SMPL_NEUTRAL.pkl")
    (tmp_path / "SMPL_NEUTRAL.npz").symlink_to(smpl_file)
    one, two = (read_model("smpl", tmp_path / f"SMPL_NEUTRAL.{end}") for end in ("pkl", "npz"))
    assert np.array_equal(one.v_template, two.v_template)


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<i4", "|u1", "|b1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_keep_their_values(tmp_path, dtype, order):
    array = np.asarray(np.arange(24).reshape(2, 3, 4) % 7, dtype=dtype, order=order)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"a": array}, protocol=2))
    read = read_pickle(path)["a"]
    assert np.array_equal(read, array)
    assert read.dtype.kind == array.dtype.kind
