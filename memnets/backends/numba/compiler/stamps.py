"""A stamp per file of kernels: it changes when the code that a kernel is compiled from changes."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path


@cache
def stamp(path: Path) -> str:
    """A hash of the code of a file and of all files of ours, or of its package, that it imports.

    Comments, docstrings and layout do not count: they do not change what is compiled.
    """
    digest = hashlib.sha256()
    for file in sorted(_reached(path)):
        digest.update(hashlib.sha256(_parsed(file)[0]).digest())
    return digest.hexdigest()


def _reached(path: Path) -> set[Path]:
    """The file itself and all that it imports, directly or through other files."""
    reached, waiting = {path}, [path]
    while waiting:
        new = _parsed(waiting.pop())[1] - reached
        reached |= new
        waiting.extend(new)
    return reached


@cache
def _parsed(path: Path) -> tuple[bytes, frozenset[Path]]:
    """The code of a file, in one layout, and the files that it imports."""
    tree = ast.parse(path.read_bytes())
    imported = frozenset(_imported(tree, path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [part for part in node.body if not _is_text(part)]
    return ast.dump(tree).encode(), imported


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring: a string that nothing uses."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _imported(tree: ast.Module, path: Path) -> Iterator[Path]:
    # a kernel of another package imports ours by absolute names
    roots = {_root(path), _root(Path(__file__))}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for start in [path.parents[node.level - 1]] if node.level else roots:
                module = start.joinpath(*(node.module or "").split("."))
                yield from _files(module)
                # `from . import links` names a module, `from .links import copy` does not
                for name in node.names:
                    yield from _files(module / name.name)
        elif isinstance(node, ast.Import):
            for name, root in product(node.names, roots):
                yield from _files(root.joinpath(*name.name.split(".")))
        elif isinstance(node, ast.Name) and node.id == "iter_modules":
            # it finds the modules of its folder and imports them
            yield from path.parent.glob("*.py")


def _files(module: Path) -> list[Path]:
    """The source of a module or of a package; none where there is no such file."""
    candidates = (module.with_name(f"{module.name}.py"), module / "__init__.py")
    return [file for file in candidates if file.exists()]


def _root(path: Path) -> Path:
    """The folder that holds the outermost package of a file."""
    folder = path.parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder
