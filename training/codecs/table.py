"""Codecs by name: `entry(knobs, **options) -> Codec`."""

from smpl_assets.plugins import Plugin, Table

CODECS = Table(
    "train.codec",
    {
        "heatmap": Plugin("training.codecs.heatmap", "open_heatmap"),
        "belief": Plugin("training.codecs.belief", "open_belief"),
        "hardest": Plugin("training.codecs.hardest", "open_hardest"),
        "disk_offset": Plugin("training.codecs.disk_offset", "open_disk_offset"),
        "integral": Plugin("training.codecs.integral", "open_integral"),
    },
    group="rarepose.codecs",
)
