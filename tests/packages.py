"""Packages of somebody else, as an installer leaves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install(
    site: Path, name: str, entry_points: Mapping[str, Mapping[str, str]], files: Mapping[str, str], version: str = "1"
) -> None:
    """Write a distribution into a folder like site-packages.

    Args:
        site: the folder, to be put on `sys.path`.
        name: of the distribution.
        entry_points: `group -> entry -> module:attribute`.
        files: text by path below `site`.
        version: of the distribution.
    """
    groups = [f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in found.items()) for group, found in entry_points.items()]
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    for path, text in {**files, f"{info}/METADATA": metadata, f"{info}/entry_points.txt": "\n".join(groups)}.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text, encoding="utf-8")
