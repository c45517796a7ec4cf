"""What the report shows."""

from pydantic import Field

from smpl_assets.settings import Settings


class ReportSettings(Settings):
    """Section `report`.

    samples: strips of synthetic samples shown, evenly from the best fit to the worst accepted one.
    worst_fits: accepted fits with the largest reprojection error that are shown beside them.
    people: rarest validation people shown as the baseline and the best variant see them.
    changes: best gains and, as many, worst losses among rare validation people, shown in the same way.
    pool_poses: poses on the pose pool's contact sheet.
    coverage: ask the rare_poses stage again with the added samples (as long as clustering the training poses twice).
    tile_px: side of the pictures of a strip.
    quality: JPEG quality of the pictures inside the page.
    """

    samples: int = Field(12, ge=1, le=200)
    worst_fits: int = Field(8, ge=0, le=100)
    people: int = Field(8, ge=0, le=100)
    changes: int = Field(4, ge=0, le=100)
    pool_poses: int = Field(40, ge=0, le=96)
    coverage: bool = True
    tile_px: int = Field(220, ge=64, le=512)
    quality: int = Field(80, ge=30, le=100)
