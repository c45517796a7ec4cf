"""A copy of the code, a data set and a store, in which a test may change anything and run the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.sources import CODE_ROOT, FIRST_PARTY
from tests.pipeline.tiny import TINY, make_set


@dataclass
class Sandbox:
    """root holds code/, data/, tiny.toml and store/."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> Sandbox:
        """A fresh sandbox with an empty store."""
        for package in FIRST_PARTY:
            shutil.copytree(CODE_ROOT / package, root / "code" / package, ignore=shutil.ignore_patterns("__pycache__"))
        make_set(root / "data")
        (root / "tiny.toml").write_text(TINY, encoding="utf-8")
        return cls(root)

    def copy(self, root: Path) -> Sandbox:
        """An independent copy, times included."""
        shutil.copytree(self.root, root, symlinks=True, dirs_exist_ok=True)
        return Sandbox(root)

    @property
    def store(self) -> Path:
        return self.root / "store"

    def command(self, *words: str) -> list[str]:
        """The command line of `rarepose` on this sandbox's code, configuration and store."""
        name, *rest = words
        options = [
            "--config",
            str(self.root / "tiny.toml"),
            "--store",
            str(self.store),
            "--set",
            f"data.root={self.root / 'data'}",
        ]
        return [sys.executable, "-m", "pipeline", name, *rest, *options]

    def start(self, *words: str) -> subprocess.Popen:
        """The command in the background."""
        return subprocess.Popen(self.command(*words), cwd=self.root / "code", env=environment(), stdout=-1, stderr=-1, text=True)

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run the command; its stdout. The exit code has to be `code`."""
        done = subprocess.run(
            self.command(*words), cwd=self.root / "code", env=environment(), capture_output=True, text=True, timeout=600
        )
        assert done.returncode == code, f"{words}: exit {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
        self.said = done.stderr
        return done.stdout

    def ran(self, *words: str) -> dict[str, int]:
        """`run --json`: {stage: units made}."""
        return json.loads(self("run", *words, "--json").splitlines()[-1])["ran"]

    def states(self, *words: str) -> dict[str, str]:
        """`status --json`: {stage: state}."""
        return {s["stage"]: s["state"] for s in json.loads(self("status", "--json", *words))["stages"]}

    def edit(self, module: str, old: str, new: str) -> None:
        """Change a source file of the copy."""
        path = self.root / "code" / module
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{module} holds no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def unit(self, stage: str, unit: str) -> Path:
        """The directory of a finished unit of the newest run."""
        found = []
        for path in (self.store / stage).glob("*/manifest.json"):
            manifest = json.loads(path.read_text(encoding="utf-8"))
            if manifest["unit"] == unit and not path.parent.is_symlink():
                found.append((manifest["created"], path.parent))
        return max(found)[1]


def environment() -> dict[str, str]:
    """The caller's environment without what would point at other code; threads that wait asleep, for tests share the cores."""
    ours = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "PYTHONDONTWRITEBYTECODE": "1"}
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | ours
