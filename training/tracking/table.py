"""Trackers by the name that a row of `track.rows` takes, and what they have to have learnt."""

from smpl_assets.plugins import Plugin, Table

_OPTIONS = "training.tracking.baselines.options"


def _baseline(name: str, options: str) -> Plugin:
    return Plugin(f"training.tracking.baselines.{name}", name.upper(), options=f"{_OPTIONS}:{options}")


TRACKERS = Table(
    "track.rows.NAME.tracker",
    {
        "tml": Plugin("training.tracking.tml", "TML", options="training.tracking.tml_settings:TmlTracking"),
        "combined": Plugin(
            "training.tracking.combined_track", "COMBINED", options="training.tracking.combined_settings:CombinedTracking"
        ),
        "distance": _baseline("distance", "DistanceOptions"),
        "iou": _baseline("iou", "IouOptions"),
        "oks": _baseline("oks", "OksOptions"),
        "flow": _baseline("flow", "FlowOptions"),
        "appearance": _baseline("appearance", "AppearanceOptions"),
        "lighttrack": _baseline("lighttrack", "LightTrackOptions"),
    },
    group="rarepose.trackers",
)

# Trackers that read a network of their own: its unit of `track_train`. All work on what the network `tml` found.
LEARNT = {"combined": "combined", "appearance": "reid", "lighttrack": "graph"}

# How each is trained: a function of (films, the `track` section, bench) that writes `network.safetensors`.
TRAINERS = Table(
    "track network",
    {
        "tml": Plugin("training.tracking.train_stage", "train_tml"),
        "combined": Plugin("training.tracking.combined_fit", "train_unit"),
        "reid": Plugin("training.tracking.reid_stage", "train_unit"),
        "graph": Plugin("training.tracking.pose_graph_stage", "train_unit"),
    },
)

# Parts of the `track` section that a network's weights depend on.
TRAINS_ON: dict[str, tuple[str, ...]] = {"tml": ("network", "train"), "combined": ("combined",), "reid": (), "graph": ()}
