"""Names of filmed sequences."""

from training.tracking.own_settings import Split

# NUMBER_mpii_train and NUMBER_mpii_test are forms of names that poseval reads; PoseTrack calls validation sequences `test` too.
_SETS = {"train": "train", "validation": "test"}


def sequence_name(split: Split, number: int) -> str:
    """`000012_mpii_train`: the form that poseval insists on."""
    return f"{number:06d}_mpii_{_SETS[split]}"
