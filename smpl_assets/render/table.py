"""Renderers by name."""

from smpl_assets.plugins import Plugin, Table

RENDERERS = Table(
    "render.backend",
    {
        "warp": Plugin("smpl_assets.render.warp.backend", "WarpBackend", "pip install warp-lang", distribution="warp-lang"),
        "pytorch3d": Plugin(
            "smpl_assets.render.pytorch3d.backend",
            "Pytorch3dBackend",
            "it has no wheel for current torch: build it as docs/rendering.md says, then pip install 'rarepose[pytorch3d]'",
            distribution="pytorch3d",
        ),
    },
    group="rarepose.renderers",
)
