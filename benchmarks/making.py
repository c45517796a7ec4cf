"""Making a configuration through the command, and finding what it made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.config import load_config
from pipeline.files import FileDigests
from pipeline.plan import Plan
from pipeline.stages import STAGES
from pipeline.store import Store


def plan_of(config: Path, store: Path, changes: Sequence[str] = ()) -> Plan:
    """Where everything of a configuration lies. changes: as for `rarepose run --set`."""
    return Plan(load_config(config, list(changes)), Store(store), STAGES, FileDigests(store))


def made(config: Path, store: Path, stage: str, changes: Sequence[str] = ()) -> Plan:
    """The same after a run of a stage and what it reads, where they are not fresh."""
    command = [sys.executable, "-m", "pipeline", "run", "--config", str(config), "--store", str(store)]
    subprocess.run([*command, *(f"--set={change}" for change in changes), stage], check=True)
    return plan_of(config, store, changes)
