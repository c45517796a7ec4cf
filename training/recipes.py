"""Recipes (T 4.2): which samples a network sees, how often, and whether their loss is weighted. Data, not code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import Field

from smpl_assets.errors import InputError
from smpl_assets.settings import Settings

BASELINE, DACP = "baseline", "dacp"
ADDED = ("render", "translated", "fill")  # kinds of samples beside the real people
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class Recipe(Settings):
    """What a training changes against the baseline.

    again: how many times more each rare person appears. render, translated, fill: whether the samples of that kind are added.
    weighted: the loss of a sample is multiplied by w(d) (eq 4.3, 4.4).
    rotation_deg: range of the augmentation's rotation of all people; none = as `train` has it. steps: factor on the number of
    steps. Joined, the larger of two counts.
    """

    again: int = Field(0, ge=0, le=100)
    render: bool = False
    translated: bool = False
    fill: bool = False
    weighted: bool = False
    rotation_deg: float | None = Field(None, ge=0, le=180)
    steps: float = Field(1.0, gt=0, le=100)

    def __or__(self, other: Recipe) -> Recipe:
        """Both changes together."""
        return Recipe(
            again=max(self.again, other.again),
            render=self.render or other.render,
            translated=self.translated or other.translated,
            fill=self.fill or other.fill,
            weighted=self.weighted or other.weighted,
            rotation_deg=max((r for r in (self.rotation_deg, other.rotation_deg) if r is not None), default=None),
            steps=max(self.steps, other.steps),
        )

    @property
    def rotation(self) -> dict[str, float | None]:
        """The settings of `train` that it replaces."""
        if self.rotation_deg is None:
            return {}
        return {"rotation_deg": self.rotation_deg, "rotation_rare_deg": None, "rotation_synthetic_deg": None}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of samples that it sees: `real`, and what it adds."""
        return ("real", *(kind for kind in ADDED if getattr(self, kind)))


THESIS: dict[str, Recipe] = {
    "drp": Recipe(again=1),
    "asrp": Recipe(render=True),
    "asrpt": Recipe(translated=True),
    "fill": Recipe(fill=True),
    "wlcd": Recipe(weighted=True),
}
RIVALS: dict[str, Recipe] = {"turn": Recipe(rotation_deg=180), "longer": Recipe(steps=2)}
_RIVAL_TITLES = {"turn": "any rotation", "longer": "twice the steps"}
BUILT_IN = THESIS | RIVALS


def canonical(text: str, own: Iterable[str] = ()) -> str:
    """The one spelling of a recipe's name: `baseline`, `dacp`, or parts in the order of BUILT_IN and then of the user's own.

    Raises:
        InputError: an unknown or repeated part, or `baseline` / `dacp` joined with something.
    """
    known = (*BUILT_IN, *own)
    parts = [p.strip().lower() for p in text.split("+")]
    if parts in ([BASELINE], [DACP]):
        return parts[0]
    advice = f"use baseline, dacp, or any of {', '.join(known)} joined by +, for instance drp+asrpt+wlcd"
    for part in parts:
        if part in (BASELINE, DACP):
            raise InputError(f"variant '{text}': {part} stands alone, it cannot be joined with other parts", advice)
        if part not in known:
            raise InputError(f"variant '{text}': '{part}' is not a part of a variant", advice)
        if parts.count(part) > 1:
            raise InputError(f"variant '{text}': '{part}' appears {parts.count(part)} times", advice)
    return "+".join(sorted(parts, key=known.index))


def distinct(names: Iterable[str], own: Iterable[str] = ()) -> tuple[str, ...]:
    """The canonical names in the given order; InputError where two of them mean the same recipe."""
    given, known = tuple(names), tuple(own)
    result = tuple(canonical(n, known) for n in given)
    for name in result:
        if result.count(name) > 1:
            raise InputError(f"variant '{name}' is listed {result.count(name)} times in {list(given)}", "list each variant once")
    return result


def recipe_of(name: str, own: Mapping[str, Recipe] | None = None) -> Recipe:
    """The recipe of a name; `dacp` has none (it trains nothing): InputError."""
    parts = BUILT_IN | dict(own or {})
    spelled = canonical(name, tuple(own or {}))
    if spelled == DACP:
        raise InputError("variant 'dacp' has no training of its own", "list it under evaluate.variants only")
    recipe = Recipe()
    for part in () if spelled == BASELINE else spelled.split("+"):
        recipe |= parts[part]
    return recipe


def title_of(name: str) -> str:
    """As the thesis's tables spell it: `Baseline`, `DRP + ASRPT + WLCD`; the user's own names as they are, and
    `Baseline, any rotation`, `ASRP, twice the steps`.
    """
    parts = name.split("+")
    changed = " + ".join(p.upper() if p in THESIS or p == DACP else p for p in parts if p not in (BASELINE, *RIVALS))
    return ", ".join([changed or "Baseline", *(_RIVAL_TITLES[p] for p in parts if p in RIVALS)])


@dataclass(frozen=True)
class Row:
    """A network (its label in `train.networks`, '' where the run has a single, unnamed one) with a recipe, or `dacp`."""

    network: str
    recipe: str

    @property
    def name(self) -> str:
        """As units and settings call it: `drp`, `cpn/drp`."""
        return f"{self.network}/{self.recipe}" if self.network else self.recipe

    @property
    def title(self) -> str:
        """As the tables call it: `DRP + WLCD`, `cpn: DRP + WLCD`."""
        return f"{self.network}: {title_of(self.recipe)}" if self.network else title_of(self.recipe)


def row_of(name: str) -> Row:
    """The row of that name: `drp`, `cpn/drp`."""
    network, _, recipe = name.rpartition("/")
    return Row(network, recipe)


def predictions_file(index: int) -> str:
    """The file in an evaluated row's folder of the poses that its training number `index` finds."""
    return "predictions.npz" if index == 0 else f"predictions-{index + 1}.npz"


def check_own(names: Iterable[str]) -> None:
    """InputError where a user's own recipe has a name that means something else, or that could not be joined."""
    for name in names:
        if name in (BASELINE, DACP, *BUILT_IN) or not _NAME.fullmatch(name):
            raise InputError(
                f"train.recipes.{name}: not a name for a recipe of one's own",
                f"use small letters, digits, - and _, and none of {', '.join((BASELINE, DACP, *BUILT_IN))}",
            )
