"""The names of the stages in the order of the DAG; each is a module of `pipeline.tasks`."""

STAGE_NAMES = (
    *("annotations", "rare_poses", "inverse", "fit", "fill", "render", "translator", "translate"),
    *("start_set", "start"),
    *("augment", "coverage", "train", "evaluate", "report"),
)
