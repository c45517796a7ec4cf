"""What stage functions tell people beside their progress: lines of the logger `rarepose`.

A run shows them under the unit's name (`pipeline.worker`); a notebook sees warnings, and the rest where it asks logging for it.
"""

import logging

TOLD = logging.getLogger("rarepose")
