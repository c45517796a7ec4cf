"""Parts of the body that clothes and hair hide altogether, so that renderers need not draw them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from smpl_assets.textures.base_mesh import BASE_VERTICES
from smpl_assets.textures.patches import get_patch

# From this deep inside clothing on, the skin's alpha is zero (see skin.paint_body).
HIDING_M = 0.021
_TONGUE = (13380, 13605)


@lru_cache(maxsize=1)
def regions() -> dict[str, Bool[np.ndarray, " vertices"]]:
    """Vertices (V,) of the `body` patch by region: scalp, chest, belly, upper and lower arms, thighs, shins, feet."""
    points = get_patch("body").points
    arm, y = points.on_arm & (points.part("hand") < 0.5), points.y
    trunk = ~points.on_arm & (points.part("head") + points.part("neck") < 0.05)
    leg = points.part("leg") + points.part("foot") > 0.5
    scalp = (points.part("head") > 0.5) & (y > 0.75) & (points.z < 0.09) & (points.side < 0.08)
    return {
        "scalp": scalp | ((points.part("head") > 0.5) & (y > 0.67) & (points.z < -0.005)),
        "chest": trunk & (y > 0.25) & (y < 0.44) & (points.along_arm < -0.03),
        "belly": trunk & (y > -0.03) & (y <= 0.25),
        "upper arms": arm & (points.along_arm > 0.03) & (points.along_arm < 0.10),
        "lower arms": arm & (points.along_arm >= 0.10) & (points.along_arm < 0.41),
        "thighs": leg & (y > -0.20) & (y <= -0.03) & ~points.on_arm,
        "shins": leg & (y > -0.71) & (y <= -0.20),
        "feet": leg & (y < -0.775),
    }


def hidden_regions(covered: Float[np.ndarray, " vertices"], hair: Float[np.ndarray, " vertices"] | None) -> tuple[str, ...]:
    """Regions that lie wholly under clothes or hair.

    covered: (V,) m signed distance into clothing that hides the skin, at the vertices of the `body` patch; hair: the same for
        hair, None where it is too thin to hide the scalp.
    """
    found = []
    for name, rows in regions().items():
        depth = hair if name == "scalp" else covered
        if depth is not None and float(depth[rows].min()) > HIDING_M:
            found.append(name)
    return tuple(found)


def shown_faces(
    faces: Int[np.ndarray, "faces 3"], base_index: Int[np.ndarray, " vertices"], hidden: tuple[str, ...]
) -> Bool[np.ndarray, " faces"]:
    """Which faces (F,) of a body are to be drawn: not those of hidden regions, nor the tongue behind the closed lips.

    faces: (F, 3) of the body model; base_index: (V,) number of its vertices in the base mesh.
    """
    patch = get_patch("body")
    covered = np.zeros(BASE_VERTICES, bool)
    for name in hidden:
        covered[patch.vertices[regions()[name]]] = True
    covered[_TONGUE[0] : _TONGUE[1] + 1] = True
    return ~covered[base_index[faces]].all(1)
