from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.shape import Shape
from pipeline.sources import CODE_ROOT
from smpl_assets.errors import InputError
from training.runs import labels
from training.train_settings import SCRATCH

CONFIGS = sorted((CODE_ROOT / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_shipped_configuration_is_valid_and_can_be_planned(path: Path) -> None:
    from pipeline.stages import STAGES

    config = load_config(path)
    body = {"inverse", "fit", "render", "translator", "translate", "coverage"}
    others = {"fill"} | (body if path.stem == "start" else {"start_set", "start"})
    others |= {"cross_fit", "choice"} if config.rare_poses.by == "rarity" else set()
    others |= set() if config.track.enabled else {s.name for s in STAGES if s.name.startswith("track")}
    asked = [s.name for s in Shape(config, STAGES).upstream(["report"])]
    assert asked == [s.name for s in STAGES if s.name not in others]


@pytest.mark.parametrize("name", ["coco", "mpii"])
def test_the_thesis_presets_start_every_network_from_chance_or_its_imagenet_file(name: str) -> None:
    train = load_config(CODE_ROOT / f"configs/{name}.toml").train
    assert [train.of(label).start for label in labels(train)] == [SCRATCH, SCRATCH]


def test_a_recipe_that_fills_the_gap_needs_poses_to_fill_it_with() -> None:
    with pytest.raises(InputError, match=r"render\.fill = 0; set render\.fill"):
        load_config(None, ['train.variants=["baseline", "asrp+fill"]'])
    assert load_config(None, ['train.variants=["baseline", "asrp+fill"]', "render.fill=9"]).render.fill == 9


def test_an_unknown_key_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[render]\nimage_sise = 3\n[rendr]\nx = 1\n")
    with pytest.raises(InputError, match=r"render.image_sise: unknown key; nearest known: render.image_size") as caught:
        load_config(path)
    assert "rendr: unknown key; nearest known: render" in caught.value.what
    assert str(path) in caught.value.what


def test_a_change_is_read_as_toml_and_else_as_text() -> None:
    config = load_config(
        None, ["render.image_size=128", "data.root=../some where", "train.variants=['drp']", "render.depth=true"]
    )
    assert config.render.image_size == 128
    assert config.render.depth is True
    assert config.train.variants == ("drp",)
    assert str(config.located("x")) == "../some where/x"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("render", "not of the form"),
        ("render.image_size=big", "render.image_size"),
        ("seed.a.b=1", "seed"),
        ("rare_poses.threshold=-1", "rare_poses.threshold"),
        ("data.train={format='coco'}", "annotations"),
        ("train.variants=['bogus']", "bogus"),
    ],
)
def test_bad_changes_are_one_clear_error(change: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_config(None, [change])


def test_the_body_can_be_named_in_render() -> None:
    assert load_config(None, ["render.body=smpl"]).body.name == "smpl"
    with pytest.raises(InputError, match="differ"):
        load_config(None, ["render.body=smpl", "body.name=anny"])


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml: cannot be read"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("a = [")
    with pytest.raises(InputError, match=r"bad\.toml: not valid TOML"):
        load_config(tmp_path / "bad.toml")


def test_settings_import_neither_torch_nor_luigi() -> None:
    import subprocess
    import sys

    heavy = "{'torch', 'luigi', 'cv2', 'sklearn', 'numpy'}"
    code = f"import sys, pipeline.cli, pipeline.stages; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CODE_ROOT)
    assert done.stdout.strip() == "[]"


def test_the_configuration_page_says_what_the_settings_say() -> None:
    from tools.config_docs import PATH, settings_markdown

    assert PATH.read_text(encoding="utf-8") == settings_markdown(), "python -m tools.config_docs"
