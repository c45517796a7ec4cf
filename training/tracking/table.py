"""Trackers by the name that a row of `track.rows` takes, and what they have to have learnt."""

from smpl_assets.plugins import Plugin, Table

TRACKERS = Table(
    "track.rows.NAME.tracker",
    {"tml": Plugin("training.tracking.tml", "TML", options="training.tracking.tml_settings:TmlTracking")},
    group="rarepose.trackers",
)

# Trackers that read a network of their own: its unit of `track_train`. All work on what the network `tml` found.
LEARNT: dict[str, str] = {}

# How each is trained: a function of (films, the `track` section, bench) that writes `network.safetensors`.
TRAINERS = Table("track network", {"tml": Plugin("training.tracking.train_stage", "train_tml")})

# Parts of the `track` section that a network's weights depend on.
TRAINS_ON = {"tml": ("network", "train")}
