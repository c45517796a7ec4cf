"""Options of the Cascaded Pyramid Network; light, so that a configuration is validated without torch."""

from __future__ import annotations

from pydantic import Field

from smpl_assets.settings import Settings


class PyramidOptions(Settings):
    """`train.options` of CPN.

    hardest: joints per person that the refined map is learnt from, the worst ones (OHKM); none = 8 of 17, of other skeletons as
        large a share.
    hidden_empty: the global maps of hidden joints have to be empty, as in the authors' code; else hidden joints are learnt like
        seen ones.
    """

    hardest: int | None = Field(None, ge=1)
    hidden_empty: bool = True
