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
    # boxes are drawn in ASCII where the terminal knows nothing else
    inner = [line.strip("│| ") for line in box.splitlines() if line[:1] in ("│", "|")]
    parts: list[list[str]] = [[]]
    for line in inner:
        if set(line) <= {"─", "-"}:
            parts.append([])
        else:
            parts[-1].append(line)
    said = " ".join(parts[0]).replace("Error parsing __tyro-dummy-inner__.", "")
    options = [line.split()[0] for part in parts[1:] for line in part if line.startswith("--")]
    hint = f" Did you mean {' or '.join(dict.fromkeys(options))}?" if options else ""
    end = "" if said.endswith((".", "?")) else "."
    return f"{said.replace('?.', '?')}{end}{hint} See {command} --help."
