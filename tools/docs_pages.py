"""A hook of mkdocs: README and changelog as pages of the site, and links between pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
GENERATED = {"index.md": "README.md", "changelog.md": "CHANGELOG.md"}
_FENCE = re.compile(r"(^(?:```|~~~).*?^(?:```|~~~)\s*?$|^(?: {4}|\t).*?$|`[^`\n]*`)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(docs/")
_MENTION = re.compile(r"(?<![\w/\[])docs/([a-z_]+)\.md(#[\w-]+)?")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """README and CHANGELOG are pages too."""
    from mkdocs.structure.files import File

    for name, source in GENERATED.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links of the repository as links of the site."""
    return linked(markdown)


def linked(markdown: str) -> str:
    """Where the text says docs/NAME.md, outside of code, a link to that page; links into docs/ go to the page itself."""
    parts = _FENCE.split(markdown)
    return "".join(
        part if number % 2 else _MENTION.sub(r"[\1](\1.md\2)", _LINK.sub("](", part)) for number, part in enumerate(parts)
    )
