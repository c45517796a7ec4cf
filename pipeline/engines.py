"""Engines by name: who makes the units."""

from smpl_assets.plugins import Plugin, Table

ENGINES = Table(
    "--engine",
    {
        "local": Plugin("pipeline.engine", "LocalEngine"),
        "ray": Plugin("pipeline.engine_ray", "RayEngine", "pip install 'rarepose[ray]'"),
    },
)
