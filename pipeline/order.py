"""The names of the stages in the order of the DAG; each is a module of `pipeline.tasks`."""

STAGE_NAMES = (
    *("annotations", "rare_poses", "cross_fit", "choice", "inverse", "fit", "fill", "render", "translator", "translate"),
    *("start_set", "start"),
    "augment",
    *("track_data", "track_train", "track", "track_evaluate"),
    *("coverage", "train", "evaluate", "report"),
)

RARE, FILL = "[0-9]*", "fill-*"  # patterns of the units of `render`: shards of rare people, and of poses that fill the gap
