"""What the report shows."""

from pydantic import Field

from smpl_assets.settings import Settings


class ReportSettings(Settings):
    """Section `report`. samples: strips of synthetic samples shown."""

    samples: int = Field(12, ge=1)
