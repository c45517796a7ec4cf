"""Spoils nested lists and dicts (JSON, TOML, MATLAB structs) at one place each time, and remembers where."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from tests.fuzz.odd import odd, other_number, other_text
from tests.fuzz.raw import spoil_text

Path = tuple[Any, ...]
_DEEPER = 0.82


def spoil(random: Random, tree: Any, within: Path = ()) -> tuple[Path, str]:
    """Change `tree` in place below `within`: where (keys and positions from the root), and what was done."""
    where = _walk(random, tree, within)
    if len(where) == 0:
        raise ValueError("a tree has to be a list or dict with something in it")
    holder, key = at(tree, where[:-1]), where[-1]
    value = holder[key]
    kind = random.choice(_KINDS)
    if kind == "near":
        if isinstance(value, str):
            holder[key] = other_text(random, value)
        elif isinstance(value, int | float) and abs(value) < 1e300:
            holder[key] = other_number(random, value)
        elif isinstance(value, list) and value:
            holder[key] = random.choice(
                (value[1:], value[:-1], value + value, value[::-1], [value], value[0], {}, [*value, None])
            )
        elif isinstance(value, dict) and value:
            holder[key] = random.choice(([value], list(value.values()), {}, list(value)))
        else:
            holder[key] = odd(random)
    elif kind == "delete":
        del holder[key]
    elif kind == "twin":
        _double(random, holder, key)
    elif kind == "swap":
        other = random.choice(list(holder)) if isinstance(holder, dict) else random.randrange(len(holder))
        holder[key], holder[other] = holder[other], holder[key]
    elif kind == "rename" and isinstance(holder, dict) and isinstance(key, str):
        holder[other_text(random, key)] = holder.pop(key)
    else:
        holder[key] = odd(random)
    return where, f"{kind} at {_shown(where)}"


def spoil_json(random: Random, data: bytes) -> tuple[bytes, str]:
    """A JSON file with its tree spoilt at one place, or its text."""
    try:
        tree = json.loads(data) if random.random() < 0.6 else None
    except (ValueError, RecursionError):  # spoilt before
        tree = None
    if not isinstance(tree, dict | list) or not tree:
        return spoil_text(random, data)
    what = spoil(random, tree)[1]
    return json.dumps(tree).encode("utf-8", "surrogatepass"), what


_KINDS = ("odd", "odd", "odd", "near", "near", "near", "delete", "twin", "swap", "rename")


def _double(random: Random, holder: Any, key: Any) -> None:
    """A further entry like this one, with or without a change of its own."""
    twin = copy.deepcopy(holder[key])
    if isinstance(twin, dict | list) and twin and random.random() < 0.5:
        place = random.choice(list(twin)) if isinstance(twin, dict) else random.randrange(len(twin))
        twin[place] = odd(random)
    if isinstance(holder, list):
        holder.insert(random.randrange(len(holder) + 1), twin)
    else:
        holder[f"{key}2"] = twin


def _walk(random: Random, tree: Any, within: Path) -> Path:
    """A place chosen level by level, so that a long list of numbers is no likelier than the name beside it."""
    where, node = list(within), at(tree, within)
    while isinstance(node, dict | list) and node and (len(where) == len(within) or random.random() < _DEEPER):
        key = random.choice(list(node)) if isinstance(node, dict) else random.randrange(len(node))
        where.append(key)
        node = node[key]
    return tuple(where)


def at(tree: Any, where: Path) -> Any:
    """What stands at a place."""
    for key in where:
        tree = tree[key]
    return tree


def _shown(where: Path) -> str:
    return "".join(f"[{k}]" if isinstance(k, int) else f".{k!s:.30}" for k in where).removeprefix(".")
