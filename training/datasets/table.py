"""Readers of data sets by name. An entry is a `training.datasets.reader.Reader`."""

from smpl_assets.plugins import Plugin, Table

READERS = Table(
    "data.format",
    {
        "coco": Plugin("training.datasets.coco", "READER"),
        "mpii": Plugin("training.datasets.mpii", "READER"),
        "lsp": Plugin("training.datasets.lsp", "READER"),
        "posetrack": Plugin("training.datasets.posetrack", "READER"),
        "demo": Plugin("training.datasets.demo.reader", "READER"),
        "yolo": Plugin("training.datasets.yolo", "READER"),
    },
    group="rarepose.readers",
)
