"""The source files of a registered part: its own, and those of its package that it imports."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

OURS = ("memnets", "envs", "studies", "reports")
"""Packages of one version: a part of theirs is told apart by its own file."""


def source_of(thing: Any) -> bytes | None:
    """The sources of a class or function, one after the other; None where they are not to be had.

    Of a plug-in, its module and all modules of the same top-level package that it names in imports,
    directly or by way of others; of a script or a notebook, the thing itself.
    """
    try:
        file = inspect.getsourcefile(thing)
        if thing.__module__ == "__main__" or file is None:
            return inspect.getsource(thing).encode()
        return b"".join(path.read_bytes() for path in _files(thing.__module__, Path(file)))
    except (OSError, TypeError):
        return None


def _files(module: str, file: Path) -> list[Path]:
    """The module's own file first, then those of its package that it imports, in order."""
    package, *within = module.split(".")
    above = list(file.parents)[len(within) + (file.stem == "__init__") :]
    if package in OURS or not above:
        return [file]
    home = above[0]
    found, waiting = {file: module}, [file]
    while waiting:
        path = waiting.pop()
        for name in _imported(path, found[path]):
            other = _file(name, home) if name.partition(".")[0] == package else None
            if other is not None and other not in found:
                found[other] = name
                waiting.append(other)
    return [file, *sorted(set(found) - {file})]


def _imported(file: Path, module: str) -> Iterator[str]:
    """Absolute names of all that a file imports, modules and what is in them alike."""
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError:
        return
    package = module if file.stem == "__init__" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = "." * node.level + (node.module or "")
            try:
                start = resolve_name(parent, package) if node.level else parent
            except ImportError:
                continue
            yield start
            yield from (f"{start}.{name.name}" for name in node.names)


def _file(module: str, home: Path) -> Path | None:
    """The source file of a module; None for what is none, such as a name in a module.

    It is looked for by its path: a module that is imported late must not be imported for this.
    """
    stem = home.joinpath(*module.split("."))
    files = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((file for file in files if file.is_file()), None)
