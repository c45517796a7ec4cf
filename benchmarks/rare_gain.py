"""What the augmented set gains on real photographs of rare poses: LSP-extended cut to a long tail, all through the DAG.

    python -m benchmarks.rare_gain --data ../shared/data/lspet --full    # hours on two cores
    python -m benchmarks.rare_gain --data ../shared/data/lspet           # minutes: few steps, one seed, few rows

Training people: 3,000 usual photographs, 30 upside down (the oracle: 931 more of these). Test people, never trained or tuned on:
500 usual ones, 600 upside down. The primary number is PCK@0.2 of the torso on the 600, with 95 % intervals over people and
trainings; beside it the same where an annotation counts as the better of itself and its mirror image (the crowd mixed up sides).
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.gain_rows import ORACLE, Plot, compare, gain_parser

SHORT = (Plot((), {"scratch": ("baseline", "asrp"), "start": ("baseline", "turn")}),)
_RECIPES = (
    *("baseline", "turn", "longer", "drp", "wlcd", "asrp", "asrpt", "asrp+fill"),
    *("asrp+fill+turn", "drp+turn", "drp+asrp+wlcd+turn"),
)
FULL = (
    Plot((), {
        "scratch": ("baseline", "turn", "drp", "wlcd", "asrp", "asrpt", "asrp+fill"),
        "start": _RECIPES,
        "scratch35": ("asrp",),
        "start10": ("drp+asrp+wlcd+turn",),
        "staged": ("asrp", "asrp+fill", "asrp+fill+turn", "asrpt+fill+turn", "drp+asrpt+fill+wlcd+turn"),
    }),
    Plot((ORACLE,), {"scratch": ("baseline",), "start": ("baseline", "turn")}),
)  # fmt: skip


def main() -> None:
    parser = gain_parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with joints.mat, images/ and lists/")
    parser.add_argument("--store", type=Path, default=Path("store/rare_gain"))
    args = parser.parse_args()
    compare(FULL if args.full else SHORT, args)


if __name__ == "__main__":
    main()
