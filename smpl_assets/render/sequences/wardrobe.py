"""Who is in a sequence: bodies, and clothes that everybody keeps on, one team's where they are one."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from smpl_assets.body.anny_shape import is_female
from smpl_assets.render.studio.dressing import Dresser, WardrobeDresser
from smpl_assets.seeds import derive_seed, numpy_generator
from smpl_assets.textures.look import Look, kept_look
from smpl_assets.textures.outfit import draw_outfit
from smpl_assets.textures.tailor import make_layers

LOOKS = 8  # of each sex in a block of sequences
_SEQUENCES_A_LOOK = 4  # blocks are as long as so many images share a look


def dress_cast(dresser: Dresser, number: int, shapes: Float[np.ndarray, "people shape"], team: bool, seed: int) -> list[Look]:
    """A look for everybody of sequence `number`; no two wear the same unless they are a team.

    With the wardrobe, blocks of sequences share looks (as blocks of images do, `render.images_per_look`), so that shards change
    nothing.
    """
    if not isinstance(dresser, WardrobeDresser):
        return [dresser.look(number, s, derive_seed(seed, 0 if team else i)) for i, s in enumerate(shapes)]
    female = [is_female(s) for s in shapes]
    if team:
        shirts = derive_seed(seed, "team")
        return [team_look(derive_seed(seed, "member", i), float(f), shirts) for i, f in enumerate(female)]
    if dresser.images_per_look == 1:
        return [kept_look(derive_seed(seed, "look", i), float(f)) for i, f in enumerate(female)]
    block = number // (_SEQUENCES_A_LOOK * dresser.images_per_look)
    order = iter(numpy_generator(seed, "looks").permutation(LOOKS).tolist())
    return [kept_look(derive_seed(dresser.seed, "look", block, next(order), int(f)), float(f)) for f in female]


@lru_cache(maxsize=16)
def team_look(seed: int, gender_hint: float, team: int) -> Look:
    """Somebody with their own face, hair and shoes in the clothes of a team (`team`: the seed of those)."""
    own, theirs = draw_outfit(seed, gender_hint), draw_outfit(team)
    outfit = replace(own, garments=theirs.garments, summary=(*theirs.summary[:-2], *own.summary[-2:]))
    return Look(f"look-{seed}-team-{team}", make_layers(outfit), outfit)
