"""TOML configurations, and `--set` changes."""

from __future__ import annotations

import atexit
import json
import math
import re
import shutil
import tempfile
import tomllib
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from pipeline.cli_options import opened
from pipeline.config import Config, load_config
from pipeline.fingerprint import digest
from pipeline.sources import CodeCache
from tests.fuzz.case import Case, Family
from tests.fuzz.odd import odd
from tests.fuzz.raw import spoil_text
from tests.fuzz.trees import spoil
from tests.pipeline.tiny import TINY, make_set

MORE = """
[body]
name = "anny"

[inverse]
steps = 100
pool = {files = [{format = "bvh", path = "clips"}], usual_share = 0.25}

[augment]

[report]
people = 3

[train.networks.small]
network = "simple_small"

[train.recipes.mine]
render = true
"""


@cache
def _values() -> dict[str, Any]:
    """A configuration with something in each section."""
    return tomllib.loads(TINY)


def _with_everything(random: Random) -> dict[str, Any]:
    """The tiny configuration with defaults written out here and there, so that every option is spoilt some day."""
    values = _values()
    whole = json.loads(Config.model_validate(values).model_dump_json())
    chosen = {name: whole[name] for name in whole if random.random() < 0.3} | {
        n: v for n, v in values.items() if random.random() < 0.9
    }
    return json.loads(json.dumps(chosen))  # type: ignore[no-any-return]


@cache
def _root() -> Path:
    """A folder with the data set that the configuration names."""
    root = Path(tempfile.mkdtemp(prefix="rarepose-fuzz-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    make_set(root, 2, 2)
    return root


@cache
def _code() -> CodeCache:
    """What the sources say, looked up once for all cases."""
    return CodeCache()


def build(random: Random, folder: Path) -> Case:
    """A spoilt file with or without changes on the command line; accepted is what can be planned."""
    root = _root()
    content, done, changes = _with_everything(random), [], []
    kind = random.random()
    data = None
    if kind < 0.1:
        done.append("nothing" if kind < 0.05 else "byte order mark")
        data = (b"\xef\xbb\xbf" if kind >= 0.05 else b"") + TINY.encode()
    elif kind < 0.7:
        done += [spoil(random, content)[1] for _ in range(random.choice((1, 1, 2, 3))) if content]
    elif kind < 0.85:
        data, what = spoil_text(random, (TINY + MORE).encode())
        done.append(what)
    else:
        changes = [_change(random, content) for _ in range(random.choice((1, 1, 2)))]
        done += [f"--set {c:.80}" for c in changes]
    path = folder / "rarepose.toml"
    path.write_bytes(toml(content).encode("utf-8", "surrogatepass") if data is None else data)

    def read() -> Config:
        here = opened(path, root / "store", [f"data.root={root}", *changes])
        here.plan.digests.code = _code()
        for name in here.asked():
            here.plan.state(name)
        digest(here.config.model_dump(mode="json"))  # as a run begins
        return here.config

    return Case(done, read, lambda config: _judge(config, folder), harmless=kind < 0.1)


def _judge(config: Config, folder: Path) -> list[str]:
    """An accepted configuration says the same when it is written down and read again."""
    again = folder / "again.toml"
    again.write_text(toml(config.model_dump(mode="json")), encoding="utf-8")
    return [] if load_config(again) == config else ["written and read again: another configuration"]


def _change(random: Random, content: dict[str, Any]) -> str:
    section = random.choice(list(content)) if content else "seed"
    inner = content.get(section)
    option = random.choice(list(inner)) if isinstance(inner, dict) and inner else ""
    value = odd(random)
    text = random.choice((_toml(value) or "''", str(value)[:200], "", "=", "[", "{a=", "'", "1e400", "nan", "-inf", "9" * 5000))
    return random.choice((f"{section}.{option}={text}", f"{section}={text}", f"{option}={text}", f"{section}.{option}.x={text}",
                          f".{option}={text}", f"{section}..={text}", text, f" {section}.{option} ={text}"))  # fmt: skip


def toml(values: dict[str, Any]) -> str:
    """Nested dicts as TOML, tables inline below the first level; what TOML cannot say is left out."""
    lines = [f"{_key(k)} = {text}" for k, v in values.items() if not isinstance(v, dict) and (text := _toml(v)) is not None]
    for name, section in values.items():
        if isinstance(section, dict):
            lines.append(f"\n[{_key(name)}]")
            lines += [f"{_key(k)} = {text}" for k, v in section.items() if (text := _toml(v)) is not None]
    return "\n".join(lines) + "\n"


def _key(name: Any) -> str:
    return str(name) if re.fullmatch(r"[A-Za-z0-9_-]+", str(name)) else json.dumps(str(name)).replace("\x7f", "")


def _toml(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(value).replace("e+", "e")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[" + ", ".join(t for v in value if (t := _toml(v)) is not None) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {t}" for k, v in value.items() if (t := _toml(v)) is not None) + "}"
    return None


FAMILY = Family("toml", build)
