"""What the command line parser complains of, in one line instead of a box."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def errors_in_one_line(command: str) -> Iterator[None]:
    """Turns tyro's boxes on standard error into one line."""
    caught = io.StringIO()
    try:
        with contextlib.redirect_stderr(caught):
            yield
    except SystemExit as stop:
        if stop.code != 2:
            raise
        print(f"memnets: {_plain(caught.getvalue(), command)}", file=sys.stderr)
        raise
    sys.stderr.write(caught.getvalue())


def _plain(box: str, command: str) -> str:
    # the first line is a title; lines of dashes part what was wrong from what may have been meant,
    # with or without a frame around it all, as the terminal's characters allow
    parts: list[list[str]] = [[]]
    for line in (line.strip("│|╰╯ ") for line in box.splitlines()[1:]):
        if set(line) <= {"─", "-"}:
            parts.append([])
        else:
            parts[-1].append(line)
    wrong, *meant = [part for part in parts if part] or [["what was asked is not clear"]]
    said = " ".join(wrong).replace("Error parsing __tyro-dummy-inner__.", "")
    options = [line.split()[0] for part in meant for line in part if line.startswith("--")]
    hint = f" Did you mean {' or '.join(dict.fromkeys(options))}?" if options else ""
    end = "" if said.endswith((".", "?")) else "."
    return f"{said.replace('?.', '?')}{end}{hint} See {command} --help."
