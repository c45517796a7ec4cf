"""Translators by name. An entry is a `style_transfer.method.Method`."""

from smpl_assets.plugins import Plugin, Table

TRANSLATORS = Table(
    "translator.method",
    {"ugatit": Plugin("style_transfer.ugatit", "METHOD"), "statistics": Plugin("style_transfer.statistics", "METHOD")},
    group="rarepose.translators",
)
