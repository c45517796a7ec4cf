"""Pictures with the poses drawn over them: a JPEG for each image, a video for each video."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import UInt8

from smpl_assets.drawing.poses import draw_pose
from smpl_assets.labels import OUTSIDE, SEEN
from smpl_assets.pictures import encode_jpeg
from smpl_assets.skeletons import Skeleton
from training.inference.estimator import Estimate
from training.inference.pictures import Picture, Source
from training.video.write import VideoWriter, open_writer

_QUALITY = 90
_RADIUS_SHARE, _LEAST_PX = 0.011, 2.0  # of a joint, in parts of its person's box


class Overlays:
    """Writes overlays below a folder, by the pictures' names; joints whose score is below `shown_from` are left out."""

    def __init__(self, out: Path, skeleton: Skeleton, shown_from: float) -> None:
        self.out, self.skeleton, self.shown_from = out, skeleton, shown_from
        self._video: tuple[Source, VideoWriter] | None = None
        self._taken: set[Path] = set()

    def add(self, picture: Picture, found: Estimate) -> None:
        """Draw one picture; the frames of a video come one after the other."""
        drawn = draw(picture.image, self.skeleton, found, self.shown_from)
        if not picture.source.video:
            path = self._place(picture.name, ".jpg")
            path.write_bytes(encode_jpeg(drawn, _QUALITY))
            return
        if self._video is None or self._video[0] != picture.source:
            self.close()
            path = self._place(picture.source.name, ".mp4")
            self._video = picture.source, open_writer(path, picture.rate)
        self._video[1].write(drawn, picture.seconds)

    def _place(self, name: str, ending: str) -> Path:
        """A new file in the picture's folder; beside one of the same stem it keeps the picture's own ending."""
        path = (self.out / name).with_suffix(ending)
        whole = Path(name).name
        while path in self._taken:
            whole += ending
            path = path.with_name(whole)
        self._taken.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def close(self) -> None:
        """End the video that is open."""
        if self._video is not None:
            self._video[1].close()
            self._video = None

    def __enter__(self) -> Overlays:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def draw(
    image: UInt8[np.ndarray, "height width 3"], skeleton: Skeleton, found: Estimate, shown_from: float = 0.0
) -> UInt8[np.ndarray, "height width 3"]:
    """The poses over a copy of a picture, joints as large as their person asks for."""
    for points, score, box in zip(found.keypoints, found.joint_score, found.bbox_xywh, strict=True):
        radius = max(_LEAST_PX, _RADIUS_SHARE * float(max(box[2:])))
        image = draw_pose(image, skeleton, points, np.where(score >= shown_from, SEEN, OUTSIDE), radius)
    return image
