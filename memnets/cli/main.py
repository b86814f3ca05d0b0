"""The entry point of the `memnets` command: runs one command and turns errors into one line."""

from __future__ import annotations

import os
import sys

from ..own_packages import Shadowed, require_ours
from ..registry import BrokenPlugin


def main(argv: list[str] | None = None) -> int:
    """Run one command; 2 and one line on standard error where what was asked cannot be done.

    130 after Ctrl-C; an error may have a `status` of its own, as where a later try may do.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    _print_anything()
    try:
        require_ours("envs", "studies", "reports")
        from .commands import dispatch

        return dispatch(arguments)
    except BrokenPipeError:
        # whoever read the output has seen enough; nothing is left to flush to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        # a run or a bench that has begun answers this itself
        print("memnets: interrupted; run the same command again.", file=sys.stderr)
        return 130
    except (LookupError, ValueError, BrokenPlugin, Shadowed, OSError) as error:
        text = str(error.args[0] if isinstance(error, LookupError) and error.args else error)
        print(f"memnets: {' '.join(text.split())}", file=sys.stderr)
        return int(getattr(error, "status", 2))


def _print_anything() -> None:
    """Write characters that the terminal's encoding lacks as escapes, in place of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
