"""Refuses to start worker processes where each of them would run the calling script again."""

from __future__ import annotations

import ast
import multiprocessing
import sys
from pathlib import Path
from types import FrameType

from ..design.data import BadData

ADVICE = 'put what the script does under `if __name__ == "__main__":`, or give workers=0'


def require_guard() -> None:
    """Raise BadData where a worker process would run the calling script a second time.

    A worker process begins by importing the script, under another name than `__main__`. A call
    that stands at the script's top level would then be made again in every worker.
    """
    # how multiprocessing itself tells a process that is still importing the script
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise BadData(f"a worker process was about to run the study again: {ADVICE}.")
    main = sys.modules["__main__"]
    path, frame = getattr(main, "__file__", None), _frame_of(vars(main))
    if path is None or frame is None:
        return
    if path.startswith("<"):
        raise BadData(
            f"worker processes import the script that runs, and {path} is no file: save it in one, "
            "or give workers=0."
        )
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return
    if not _guarded(tree, frame.f_lineno):
        raise BadData(
            f"{path}, line {frame.f_lineno}, would be run again by every worker process: {ADVICE}."
        )


def _frame_of(names: dict[str, object]) -> FrameType | None:
    """The outermost call that the module of these names is making now; None if it makes none."""
    frame, found = sys._getframe(), None
    while frame is not None:
        if frame.f_globals is names and frame.f_code.co_name == "<module>":
            found = frame
        frame = frame.f_back  # type: ignore[assignment]
    return found


def _guarded(tree: ast.Module, line: int) -> bool:
    """Whether the line stands in an `if` that asks for the module's name."""
    return any(
        isinstance(node, ast.If)
        and node.lineno <= line <= (node.end_lineno or line)
        and any(
            isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
        )
        for node in ast.walk(tree)
    )
