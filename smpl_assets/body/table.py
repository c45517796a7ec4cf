"""Body models by name."""

from smpl_assets.plugins import Plugin, Table

_SMPL = Plugin("smpl_assets.body.smpl_body", "SmplBody", "pip install 'rarepose[smpl]'", distribution="smplx")

BODIES = Table(
    "body.name",
    {
        "anny": Plugin("smpl_assets.body.anny_body", "open_anny", "pip install anny", distribution="anny"),
        "smpl": _SMPL,
        "smplh": _SMPL,
        "smplx": _SMPL,
    },
    group="rarepose.bodies",
)
