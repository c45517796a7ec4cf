"""The training variants of the thesis (T 4.2): which samples a network sees, and whether the loss is weighted."""

from __future__ import annotations

from dataclasses import dataclass

from smpl_assets.errors import InputError

BASELINE, DACP = "baseline", "dacp"
PARTS = ("drp", "asrp", "asrpt", "wlcd")
DACP_NETWORKS = ("baseline", "drp+asrpt+wlcd")
_NEXT = f"use baseline, dacp, or any of {', '.join(PARTS)} joined by +, for instance drp+asrpt+wlcd"


@dataclass(frozen=True)
class Variant:
    """One row of the result table.

    drp: each rare sample appears once more. asrp: the rendered samples are added. asrpt: the translated ones are added.
    wlcd: the loss of a sample is multiplied by w(d) (eq 4.3). dacp: no training of its own, two networks at use (algorithm 1).
    """

    drp: bool = False
    asrp: bool = False
    asrpt: bool = False
    wlcd: bool = False
    dacp: bool = False

    @property
    def name(self) -> str:
        """The canonical spelling: parts in the order drp, asrp, asrpt, wlcd."""
        if self.dacp:
            return DACP
        return "+".join(p for p in PARTS if getattr(self, p)) or BASELINE

    @property
    def title(self) -> str:
        """The spelling of the thesis's tables: `DRP + ASRPT + WLCD`, `Baseline`."""
        return "Baseline" if self.name == BASELINE else self.name.upper().replace("+", " + ")


def parse_variant(text: str) -> Variant:
    """Read a variant's name.

    Raises:
        InputError: an unknown or repeated part, or `baseline` / `dacp` joined with something.
    """
    parts = [p.strip().lower() for p in text.split("+")]
    if parts == [BASELINE]:
        return Variant()
    if parts == [DACP]:
        return Variant(dacp=True)
    for part in parts:
        if part in (BASELINE, DACP):
            raise InputError(f"variant '{text}': {part} stands alone, it cannot be joined with other parts", _NEXT)
        if part not in PARTS:
            raise InputError(f"variant '{text}': '{part}' is not a part of a variant", _NEXT)
        if parts.count(part) > 1:
            raise InputError(f"variant '{text}': '{part}' appears {parts.count(part)} times", _NEXT)
    return Variant(**dict.fromkeys(parts, True))


def canonical(names: tuple[str, ...]) -> tuple[str, ...]:
    """The canonical names in the given order; InputError where two names mean the same variant."""
    result = tuple(parse_variant(n).name for n in names)
    for name in result:
        if result.count(name) > 1:
            raise InputError(f"variant '{name}' is listed {result.count(name)} times in {list(names)}", "list each variant once")
    return result


def networks_of(variant: str, dacp_networks: tuple[str, str] = DACP_NETWORKS) -> tuple[str, ...]:
    """The variants whose trained networks an evaluation of `variant` needs."""
    name = parse_variant(variant).name
    return canonical(dacp_networks) if name == DACP else (name,)
