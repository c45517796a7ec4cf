"""The `rarepose` command."""

from __future__ import annotations

import io
import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Run a command; what a user can mend ends in one message and its exit code, without a traceback."""
    _usable_streams()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's request to end is an interruption like any other
    from smpl_assets.machine_errors import explained

    try:
        from smpl_assets.caches import use_writable_caches

        use_writable_caches()
        from pipeline.cli import app

        app(prog_name="rarepose")
    except KeyboardInterrupt:
        _say_interrupted()
        raise SystemExit(INTERRUPTED) from None
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _say_interrupted()
        _flush()
        raise
    except BrokenPipeError:
        _drop_stdout()
        raise SystemExit(1) from None
    except Exception as error:
        told = explained(error)
        if told is None:
            raise
        from pipeline.console import Console

        Console().error(told)
        raise SystemExit(told.exit_code) from None


def _usable_streams() -> None:
    """Open closed standard streams onto nothing, and show letters that a console lacks as escapes."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(number, "w", closefd=False))  # noqa: SIM115 (open as long as the process)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _say_interrupted() -> None:
    sys.stderr.write("interrupted: what finished stays, run again to take up here\n")


def _flush() -> None:
    """Nothing is left for Python to complain about when it ends: a reader that went away, a full disk behind stdout."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_stdout()


def _drop_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
