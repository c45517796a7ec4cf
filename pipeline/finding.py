"""What `rarepose doctor` finds: one line each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the examination. state: `ok`, `none` (optional and absent) or `problem`; `brings` is what to do or gain."""

    topic: str
    state: str
    what: str
    brings: str = ""


def finding(topic: str, there: bool, what: str, brings: str, absent: str = "problem") -> Finding:
    """Something that is there, or is not, which is `absent`."""
    return Finding(topic, "ok" if there else absent, what, "" if there else brings)
