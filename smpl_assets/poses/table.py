"""Formats of motion files by name. A format is a module with `PATTERNS`, `is_clip` and `read_clip`."""

from smpl_assets.plugins import Plugin, Table

POSE_FORMATS = Table(
    "inverse.pool.files.format",
    {
        "amass": Plugin("smpl_assets.poses.amass", "AMASS"),
        "bvh": Plugin("smpl_assets.poses.bvh", "BVH"),
        "deepmimic": Plugin("smpl_assets.poses.deepmimic", "DEEPMIMIC"),
        "smpl": Plugin("smpl_assets.poses.amass", "SMPL"),
    },
    group="rarepose.poses",
)
