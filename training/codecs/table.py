"""Codecs by name: `entry(knobs, **options) -> Codec`."""

from smpl_assets.plugins import Plugin, Table

CODECS = Table(
    "train.codec",
    {
        "heatmap": Plugin("training.codecs.heatmap", "open_heatmap"),
        "belief": Plugin("training.codecs.belief", "open_belief"),
        "hardest": Plugin("training.codecs.hardest", "open_hardest"),
    },
    group="rarepose.codecs",
)
