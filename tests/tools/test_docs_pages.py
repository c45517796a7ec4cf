from __future__ import annotations

import re
from pathlib import Path

import yaml

from pipeline.sources import CODE_ROOT
from tools.docs_pages import GENERATED, linked


def test_mentions_outside_of_code_become_links() -> None:
    code = "`docs/api.md`.\n\n    rarepose docs/a.md\n\n```\ndocs/b.md\n```\n"
    text = f"See docs/fill.md (docs/rare_poses.md#reasons), [it](docs/demo.md) and {code}"
    said = f"See [fill](fill.md) ([rare_poses](rare_poses.md#reasons)), [it](demo.md) and {code}"
    assert linked(text) == said


def test_every_page_is_in_the_navigation_and_every_mention_is_a_page() -> None:
    pages = {path.name for path in (CODE_ROOT / "docs").glob("*.md")} | set(GENERATED)
    navigation = str(yaml.safe_load((CODE_ROOT / "mkdocs.yml").read_text())["nav"])
    assert set(re.findall(r"[\w]+\.md", navigation)) == pages
    for path in [*(CODE_ROOT / "docs").glob("*.md"), *(Path(CODE_ROOT, name) for name in GENERATED.values())]:
        assert set(re.findall(r"\]\((\w+\.md)", linked(path.read_text(encoding="utf-8")))) <= pages, path
