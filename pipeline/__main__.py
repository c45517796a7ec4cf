"""The `rarepose` command."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run a command; errors that RarePose raises on purpose end in their exit code, without a traceback."""
    from smpl_assets.errors import RarePoseError

    try:
        from pipeline.cli import app

        app(prog_name="rarepose")
    except RarePoseError as error:
        from pipeline.console import Console

        Console().error(error)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: what finished stays, run again to take up here\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
