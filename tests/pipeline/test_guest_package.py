"""The examples of docs/extending.md as a package that somebody installed: listed, in the key, and run through the DAG."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smpl_assets.skeletons import get_skeleton
from tests.packages import install
from tests.training.figures import standing

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```(?:python|toml) (guest/\S+)\n(.*?)```", re.DOTALL)
CONFIG = """
[data.train]
format = "lines"
annotations = "train.lines"
images = "images"

[data.validation]
format = "lines"
annotations = "validation.lines"
images = "images"

[rare_poses]
clusters = 2
rare_share = 0.2
sweep = false

[train]
input_size = [64, 64]
epochs = 1
batch_size = 8
seeds = 2
variants = ["baseline", "drp"]

[train.networks.dots]
network = "dots"
options = { width = 12 }

[train.networks.sharp]
network = "dots"
codec = "sharp"

[evaluate]
bootstrap = 20
dacp_networks = ["dots/baseline", "sharp/drp"]
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like site-packages, with the package and what an installer leaves beside it."""
    folder = tmp_path_factory.mktemp("site")
    files = dict(BLOCK.findall((ROOT / "docs" / "extending.md").read_text(encoding="utf-8")))
    project = tomllib.loads(files.pop("guest/pyproject.toml"))["project"]
    install(folder, "guest", project["entry-points"], files | {"guest/__init__.py": ""}, project["version"])
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set in the guest's format, and a configuration that uses its network, its codec and its reader."""
    folder, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    base = standing(get_skeleton("lsp14")) * 60
    (folder / "images").mkdir()
    for split, people in (("train", 12), ("validation", 8)):
        lines = []
        for row in range(people):
            name = f"{split}{row}.png"
            Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(folder / "images" / name)
            lines.append(" ".join([name, *(f"{v:.2f}" for v in (base + rng.normal(0, 2, base.shape)).reshape(-1))]))
        (folder / f"{split}.lines").write_text("\n".join(lines) + "\n")
    (folder / "guest.toml").write_text(CONFIG)
    return folder


def rarepose(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(site), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_package_is_listed(site: Path, data: Path) -> None:
    done = rarepose(site, data, "plugins", "--json")
    assert done.returncode == 0, done.stderr
    found = {(row["kind"], row["name"]) for row in json.loads(done.stdout)["plugins"] if row["from"] == "guest"}
    kinds = {"systems": "dots", "codecs": "sharp", "readers": "lines", "translators": "grey", "poses": "standing"}
    assert found == set(kinds.items())


@pytest.mark.slow
def test_network_codec_and_reader_run_through_the_dag(site: Path, data: Path) -> None:
    options = ("--config", "guest.toml", "--store", "store", "--set", f"data.root={data}")
    done = rarepose(site, data, "run", *options, "-j", "1", "--json")
    assert done.returncode == 0, done.stderr
    ran = json.loads(done.stdout.splitlines()[-1])["ran"]
    assert (ran["train"], ran["evaluate"]) == (8, 5)  # networks x recipes x seeds; their rows, and DACP over both networks
    assert not {"inverse", "fit", "render", "translator"} & ran.keys()
    text = next((data / "store" / "report").glob("*/table.txt")).read_text()
    assert "dots: DRP" in text
    assert "sharp: Baseline" in text
    assert "DACP" in text
    assert "2 trainings of each row" in text
    assert rarepose(site, data, "status", "--check", *options).returncode == 0
    with open(site / "guest" / "codec.py", "a") as file:
        file.write("\n\nSTRENGTH = 2\n")
    states = {s["stage"]: s for s in json.loads(rarepose(site, data, "status", "--json", *options).stdout)["stages"]}
    assert states["annotations"]["state"] == "fresh"
    assert states["train"]["state"] == "stale"
    assert states["train"]["units"]["done"] == 4  # those of the other network, which has another codec
    assert "guest.codec" in states["train"]["reason"]


def test_its_settings_are_checked_like_ours(site: Path, data: Path) -> None:
    done = rarepose(site, data, "status", "--config", "guest.toml", "--set", "train.networks.dots.options.wide=3")
    assert done.returncode == 2
    assert "options of dots: width" in done.stderr


def test_translator_and_clips_load_through_their_tables(site: Path, data: Path) -> None:
    (data / "clips").mkdir()
    (data / "clips" / "a.standing").write_text("5")
    code = (
        "from smpl_assets.poses.clips import read_clips; from smpl_assets.poses.settings import PoseFiles\n"
        "from style_transfer.table import TRANSLATORS; import numpy as np\n"
        "clips, left_out = read_clips(PoseFiles(format='standing', path='clips'))\n"
        "assert [len(c) for c in clips] == [5] and not left_out\n"
        "change, losses = TRANSLATORS.load('grey').fit(None, None, None, None)\n"
        "assert np.allclose(change([np.full((2, 2, 4), [10.0, 20.0, 60.0, 255.0])])[0][0, 0], [10, 5, -15])\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", code], cwd=data, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
