"""What the augmented set gains on rare poses of a made long-tailed set that the renderer of the pipeline does not know.

    python -m benchmarks.rare_gain_made --full --seeds 1 --against scratch/turn     # thirteen trainings
    python -m benchmarks.rare_gain_made --full --against scratch/turn               # two more trainings of each row
    python -m benchmarks.rare_gain_made                                             # minutes: a tenth of the people, few steps

Training people: 3,000 usual ones and 30 rare (the oracle: 931 more of these); test people: 500 usual and 1,000 rare. Rare is
upside down, by the pose alone (`made_people.py`). The primary number, named before anything was run, is PCK@0.2 of the torso on
the 1,000 rare test people, with 95 % intervals over people and trainings. Settings are those of `rare_gain.toml`.

What differs from the pipeline's renders: body shapes, each of whose numbers lies 1 to 3.2 deviations from the mean (drawn there:
0.8, 2.2 at most); postures, legs and the rest from two draws; skin-tight painted patterns for clothes and hair (`made_looks.py`);
one hard coloured lamp from anywhere, which the surroundings know nothing of; dead leaves for surroundings; wide-angle cameras;
a sensor of another kind (`made_camera.py`). No person and no posture is in two parts. What does not differ: it is a render
still, of the same body model and with its exact keypoints, by the same rasteriser, and its postures are put together from halves
of the pool's, which the shipped start weights have seen many of. So it flatters renders; real photographs are in `rare_gain.py`.
"""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.gain_rows import ORACLE, Plot, compare, gain_parser
from benchmarks.made_set import Counts, write_set

READ = tuple(
    f"data.{part}.{what}" for part in ("train", "validation") for what in ("format=coco", "annotations=annotations.json")
)
SHORT = (Plot((), {"scratch": ("baseline", "asrp"), "start": ("baseline", "turn")}),)
FULL = (
    Plot((), {
        "scratch": ("baseline", "turn", "drp", "asrp"),
        "start": ("baseline", "turn", "longer", "drp", "asrp", "drp+asrp+wlcd+turn"),
    }),
    Plot((ORACLE,), {"scratch": ("baseline",), "start": ("baseline", "turn")}),
)  # fmt: skip


def main() -> None:
    parser = gain_parser(__doc__)
    parser.add_argument("--data", type=Path, help="where the set is, or is to be made (default: .bench/made_set, /made_tenth)")
    parser.add_argument("--store", type=Path, default=Path("store/rare_gain_made"))
    args = parser.parse_args()
    args.data = args.data or Path(".bench") / ("made_set" if args.full else "made_tenth")
    torch.set_num_threads(1)
    write_set(args.data, Counts() if args.full else Counts().scaled(300))
    compare(FULL if args.full else SHORT, args, READ)


if __name__ == "__main__":
    main()
