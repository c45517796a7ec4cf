"""The distributions: the wheel, made from the source distribution, has every file and works apart from this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from pipeline.sources import CODE_ROOT, FIRST_PARTY

PACKAGES = (*FIRST_PARTY, "rarepose")
LOADS = """
import rarepose, pipeline.cli
from training.start.shipped import shipped_networks
assert 'site-packages' in rarepose.__file__ and 'site-packages' in pipeline.__file__, pipeline.__file__
assert shipped_networks() == ('simple_small', 'simple_tiny')
assert rarepose.__version__ != '0+unknown'
"""


def run(*words: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(w) for w in words], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for package in PACKAGES:
        shutil.copytree(CODE_ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(CODE_ROOT / name, source / name)
    run(sys.executable, "-m", "build", "--no-isolation", cwd=source)
    (made,) = (source / "dist").glob("rarepose-*.whl")
    assert list((source / "dist").glob("rarepose-*.tar.gz"))
    return made


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    there = {path for package in PACKAGES for path in (CODE_ROOT / package).rglob("*") if path.is_file()}
    expected = {path.relative_to(CODE_ROOT).as_posix() for path in there if "__pycache__" not in path.parts}
    with zipfile.ZipFile(wheel) as file:
        assert expected <= set(file.namelist())


@pytest.mark.slow
def test_it_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv/bin/python"
    (site,) = (tmp_path / "venv/lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--ignore-installed",
        wheel,
        cwd=tmp_path,
    )
    assert run(tmp_path / "venv/bin/rarepose", "--version", cwd=tmp_path).startswith("rarepose ")
    run(python, "-c", LOADS, cwd=tmp_path)
