"""The base of every settings section: frozen, validated, unknown keys refused. Imports nothing heavy."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A section of the configuration; each room declares its own in a module that imports neither torch nor Luigi."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)
