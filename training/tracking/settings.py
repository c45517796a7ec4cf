"""The `track` section of the configuration."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from smpl_assets.plugins import known_name
from smpl_assets.settings import Settings
from training.tracking.combined_settings import CombinedOptions
from training.tracking.data_settings import TrackDataSettings
from training.tracking.decode_settings import DecodeSettings
from training.tracking.network_settings import TmlOptions
from training.tracking.online_settings import USUAL_MOTION
from training.tracking.own_settings import OwnSequences
from training.tracking.table import TRACKERS
from training.tracking.tml_settings import TmlTracking
from training.tracking.train_settings import TmlTrainSettings

BASELINE, SCORES = "distance", "scores.json"
Poses = Literal["own", "truth"]


class TrackerRow(Settings):
    """A `track.rows.NAME` section: a row of the table of trackers.

    tracker: by name. options: of the tracker.
    """

    tracker: str = "tml"
    options: dict[str, Any] = Field(default_factory=dict)

    _known = field_validator("tracker")(known_name(TRACKERS))

    @model_validator(mode="after")
    def _options_of_the_tracker(self) -> TrackerRow:
        if (kind := TRACKERS.options(self.tracker)) is not None:
            try:
                kind.model_validate(self.options)
            except ValidationError as error:
                first = error.errors()[0]
                where, known = ".".join(map(str, first["loc"])), ", ".join(kind.model_fields) or "none"
                raise ValueError(f"options.{where}: {first['msg']}; options of {self.tracker}: {known}") from error
        return self


# A track may miss one frame in each, as in the thesis's sets of three.
_ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    BASELINE: ("distance", {"memory": 1}),
    "distance-motion": ("distance", {"memory": 1, "motion": USUAL_MOTION}),
    "iou": ("iou", {"memory": 1}),
    "oks": ("oks", {"memory": 1}),
    "flow": ("flow", {"memory": 1}),
    "appearance": ("appearance", {"memory": 1}),
    "lighttrack": ("lighttrack", {"memory": 1}),
    "joint-flow": ("tml", {"head": "joints", "refine": False}),
    "accumulated": ("tml", {"head": "accumulated", "refine": False}),
    "tml": ("tml", {"refine": False}),
    "tml-1-stage": ("tml", {"stage": 1, "refine": False}),
    "tml-motion": ("tml", {"refine": False, "motion": USUAL_MOTION}),
    "tml-refined": ("tml", {}),
}


class TrackSettings(Settings):
    """The `track` section.

    enabled: make the sequences, train the tracker, run and judge it; otherwise none of it is planned.
    poses: that are tracked: the network's `own`, and those of the `truth`.
    frame_height: px that pictures are scaled to before the network sees them, none = as they are.
    joint_score, person_score: above which joints and people of the network's own poses count for MOTA; none = chosen on
        `scored_on` training sequences. mAP counts all.
    rows: trackers to compare, by a name of one's own, none = the usual ones; `distance` is what the others are compared with.
    """

    enabled: bool = False
    poses: tuple[Poses, ...] = ("own", "truth")
    frame_height: int | None = Field(None, ge=64)
    joint_score: float | None = Field(None, ge=0)
    person_score: float | None = Field(None, ge=0)
    scored_on: int = Field(12, ge=1)
    data: TrackDataSettings = TrackDataSettings()
    own: OwnSequences = OwnSequences()
    network: TmlOptions = TmlOptions(heads=("limbs", "accumulated", "joints"))
    train: TmlTrainSettings = TmlTrainSettings()
    decode: DecodeSettings = DecodeSettings()
    combined: CombinedOptions = CombinedOptions()
    rows: dict[str, TrackerRow] = Field(default_factory=dict)

    @field_validator("rows")
    @classmethod
    def _names(cls, value: dict[str, TrackerRow]) -> dict[str, TrackerRow]:
        for name in value:
            if not name or not all(c.isalnum() or c in "-_.+" for c in name):
                raise ValueError(f"'{name}' is no name for a row: letters, digits, -, _, + and . make one")
        return value

    @model_validator(mode="after")
    def _some_sequences(self) -> TrackSettings:
        for split in ("train", "validation"):
            if not getattr(self.data, split) and not getattr(self.own, split):
                raise ValueError(f"data.{split}: 0 sequences are filmed, and own.{split} names none")
        return self

    @model_validator(mode="after")
    def _whole_cells(self) -> TrackSettings:
        if any(side % self.network.multiple for side in self.train.input_size):
            what = f"train.input_size: multiples of {self.network.multiple} for {self.network.system}"
            raise ValueError(f"{what}, got {list(self.train.input_size)}")
        return self

    @model_validator(mode="after")
    def _heads_are_there(self) -> TrackSettings:
        stages = self.network.flow_stages
        for name, options in _flow_rows(self.rows).items():
            if options.alpha > 0 and options.head not in self.network.heads:
                raise ValueError(f"rows.{name}: head {options.head} is none of network.heads ({', '.join(self.network.heads)})")
            if options.stage not in (None, 1, stages):
                raise ValueError(f"rows.{name}: stage {options.stage} is not kept; 1 and {stages} are")
        return self

    @property
    def table(self) -> dict[str, TrackerRow]:
        """The rows: those of `rows`, else the usual ones that the network's heads allow."""
        if self.rows:
            return self.rows
        usual = {name: TrackerRow(tracker=tracker, options=options) for name, (tracker, options) in _ROWS.items()}
        lacking = [n for n, o in _flow_rows(usual).items() if o.alpha > 0 and o.head not in self.network.heads]
        return {name: row for name, row in usual.items() if name not in lacking}

    @property
    def frames_apart(self) -> int:
        """How far apart frames are between which some row reads flow; 0 where none does."""
        return max((o.frames_apart for o in _flow_rows(self.table).values() if o.alpha > 0), default=0)


def _flow_rows(rows: dict[str, TrackerRow]) -> dict[str, TmlTracking]:
    """Options of the rows that may read flow."""
    return {name: TmlTracking.model_validate(row.options) for name, row in rows.items() if row.tracker == "tml"}
