"""Edge Boxes (Zitnick and Dollár 2014): boxes that hold whole contours, and so probably things or parts of them."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float

from smpl_assets.errors import InputError
from smpl_assets.opencv_wheels import ONE_WHEEL, OURS
from training.feeds.transforms import Image

Boxes = Float[np.ndarray, "boxes 4"]  # x0, y0, x1, y1, continuous px
MOST = 200  # the best are kept
SMOOTHING = 1.5  # px, before the derivative: what is finer is texture, which takes time and makes no thing
STRONG, FAINTEST = 95, 0.02  # percentile of the edges that is 1 from there on; the least that it is taken for, grey levels a px
SHARE, FEWEST_PX = 0.02, 64.0  # smallest area: 1000 px of 224 x 224, as by default; smaller boxes have no border to follow
NARROWEST = 16  # px, of a picture


def edge_boxes_there() -> bool:
    """Whether the OpenCV that is imported here has them: only its contrib wheels do."""
    return hasattr(getattr(cv2, "ximgproc", None), "createEdgeBoxes")


def require_edge_boxes() -> None:
    """InputError that names the wheel where they are missing."""
    if not edge_boxes_there():
        what = f"train.options.proposals = 'edge_boxes' needs {OURS}: OpenCV {cv2.__version__} here has no cv2.ximgproc"
        raise InputError(what, f"{ONE_WHEEL} (all own the folder cv2); or set train.options.proposals = 'random'")


def edge_boxes(image: Image) -> Boxes:
    """At most 200 boxes of an RGB image, the likeliest first; none where it has no edges.

    OpenCV's implementation takes any edges: here the gradient's size (of the colour where it is largest), thinned, instead of
    the structured forest's, whose file nobody has to bring then. A detector is made for each image: used twice, it adds up
    what it has seen.
    """
    height, width = image.shape[:2]
    if min(height, width) < NARROWEST:
        return np.zeros((0, 4), np.float32)
    area = max(FEWEST_PX, SHARE * height * width)
    found, _ = cv2.ximgproc.createEdgeBoxes(maxBoxes=MOST, minBoxArea=area).getBoundingBoxes(*_edges(image))
    corner_size = np.asarray(found, np.float32).reshape(-1, 4)
    corner = corner_size[:, :2] - 1  # OpenCV counts these from 1, as Matlab does
    return np.concatenate([corner, np.minimum(corner + corner_size[:, 2:] + 1, [width, height])], axis=1, dtype=np.float32)


def _edges(image: Image) -> tuple[Float[np.ndarray, "height width"], Float[np.ndarray, "height width"]]:
    """Thin edges, 0 to 1, and the direction across them, 0 to pi from the x axis to the y axis (down)."""
    smooth = cv2.GaussianBlur(image.astype(np.float32) / 255, (0, 0), SMOOTHING)
    slopes = [cv2.Sobel(smooth, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1))]
    strongest = _size(*slopes).argmax(2)[..., None]
    x, y = (np.ascontiguousarray(np.take_along_axis(slope, strongest, 2)[..., 0]) for slope in slopes)
    size = _size(x, y)
    thin = np.where(size >= _beside(size, x, y), size, np.float32(0))
    scale = max(float(np.percentile(thin[thin > 0], STRONG)) if thin.any() else 0.0, FAINTEST)
    return np.clip(thin / np.float32(scale), 0, 1), np.mod(np.arctan2(y, x), np.float32(np.pi))


def _size(x: Float[np.ndarray, "*shape"], y: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Of vectors. `cv2.magnitude`'s last digit hangs on where in memory the arrays lie, and with it which boxes there are."""
    return np.sqrt(x * x + y * y)


def _beside(
    size: Float[np.ndarray, "height width"], x: Float[np.ndarray, "height width"], y: Float[np.ndarray, "height width"]
) -> Float[np.ndarray, "height width"]:
    """The larger of the two sizes one pixel across the edge."""
    rows, columns = np.indices(size.shape, np.float32)
    length = np.maximum(size, np.float32(1e-9))
    both = (
        cv2.remap(size, columns + way * x / length, rows + way * y / length, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for way in (np.float32(1), np.float32(-1))
    )
    return np.maximum(*both)
