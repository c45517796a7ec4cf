"""One case: an input that was spoilt, what the project does with it, and what is to be said of that."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from smpl_assets.errors import InputError, RarePoseError, StageError
from tests.fuzz.canary import Canary

PROJECT = ("/pipeline/", "/training/", "/style_transfer/", "/smpl_assets/")
DONE = "done.json"  # beside the input: what was done to it, for cases that nobody lives to tell of
_TRACE = '  File "'  # of an error that nobody foresaw, handed on as one of ours
BAD = ("crash", "code run", "wrong")


class Lost(Exception):
    """The harness itself could not build a case: a fault of tests/fuzz, never counted as one of the project."""


@dataclass(frozen=True)
class Case:
    """What a family made of a seed.

    done: what was done to the input, in words. read: calls the project. judge: a sentence for each thing that is wrong with what
    `read` returned. harmless: nothing that counts was changed, so that refusing it is wrong too.
    """

    done: list[str]
    read: Callable[[], Any]
    judge: Callable[[Any], list[str]] = lambda result: []
    harmless: bool = False


@dataclass(frozen=True)
class Family:
    """One kind of input. build: (random, an empty folder) -> case. missing: why it cannot run here, '' where it can."""

    name: str
    build: Callable[[Random, Path], Case]
    missing: Callable[[], str] = lambda: ""


@dataclass(frozen=True)
class Outcome:
    """How a case ended: `accepted`, `refused`, `crash`, `code run` or `wrong`.

    said: error, traceback or what is wrong. signature: alike for cases that fail at the same place. peak_mib: memory that the
    case added at most, -1 where not measured; seconds: of the processor.
    """

    family: str
    seed: int
    kind: str
    said: str = ""
    signature: str = ""
    done: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak_mib: float = -1.0

    @property
    def bad(self) -> bool:
        """It should not have been."""
        return self.kind in BAD

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def run_case(family: Family, seed: int, folder: Path) -> Outcome:
    """Build the case of a seed in an empty folder and see what the project does with it."""
    try:
        case = family.build(Random(f"{family.name} {seed}"), folder)
    except Exception as error:
        raise Lost(f"{family.name} --seed {seed} cannot be built") from error
    (folder / DONE).write_text(json.dumps(case.done), encoding="utf-8")
    with Canary(folder) as canary:
        kind, said, signature, result = _read(case)
    if canary.ran:
        kind, said, signature = "code run", f"{'; '.join(canary.ran)}\n{said}", f"code run: {canary.ran[0].split()[0]}"
    elif kind == "accepted":
        wrong = case.judge(result)
        if wrong:
            kind, said, signature = "wrong", "\n".join(wrong), wrong[0].partition(":")[0]
    return Outcome(family.name, seed, kind, said, signature, case.done)


def _read(case: Case) -> tuple[str, str, str, Any]:
    try:
        return "accepted", "", "", case.read()
    except (InputError, StageError) as error:
        said = str(error)
        if case.harmless:
            return "wrong", f"refused although nothing that counts was changed: {said}", "harmless, refused", None
        if not said.strip() or _TRACE in said:
            return (
                "crash",
                said,
                f"a traceback as a message: {said.splitlines()[0].split(':')[1:2]}" if said else "no message",
                None,
            )
        return "refused", said, "", None
    except RarePoseError as error:
        return "crash", f"{type(error).__name__}: {error}", f"{type(error).__name__} is neither InputError nor StageError", None
    except (Exception, SystemExit) as error:
        return "crash", "".join(traceback.format_exception(error)[-12:]), signature_of(error), None


def signature_of(error: BaseException) -> str:
    """The kind of an exception and the innermost line of the project on its way."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if any(p in f.filename for p in PROJECT)]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else "outside the project"
    return f"{type(error).__name__} in {where}"
