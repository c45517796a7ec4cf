"""Errors that a user can act on: what, the rule, the value received, the next step."""


class RarePoseError(Exception):
    """Base of every error that RarePose raises on purpose; `exit_code` is what the command ends with."""

    exit_code = 1

    def __init__(self, what: str, next_step: str = "") -> None:
        """`what` names file, entry, rule and value; `next_step` says what the user can do."""
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  next: {self.next_step}" if self.next_step else self.what

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.what, self.next_step)


class InputError(RarePoseError):
    """Configuration or input that cannot be used (exit 2)."""

    exit_code = 2


class StageError(RarePoseError):
    """A stage could not do its work (exit 1)."""
