"""Names that a package's source registers, read without importing it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """Where a name's thing stands, and the first line of its docstring."""

    module: str
    attribute: str
    summary: str


def first_line(docstring: str | None) -> str:
    """The first line, empty where there is none."""
    return (docstring or "").strip().partition("\n")[0]


def modules(home: str) -> Iterator[tuple[str, Path]]:
    """The modules of a package, or the one module, each with its file."""
    spec = importlib.util.find_spec(home)
    if spec is None or spec.origin is None:
        return
    yield home, Path(spec.origin)
    for folder in spec.submodule_search_locations or ():
        for path in sorted(Path(folder).rglob("*.py")):
            if path.stem != "__init__":
                yield ".".join((home, *path.relative_to(folder).with_suffix("").parts)), path


def declarations(module: str, path: Path, registry: str) -> Iterator[tuple[str, Source]]:
    """Names that a file registers with the registry of that name, and what they stand for."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            for decorator in node.decorator_list:
                match decorator:
                    case ast.Call(
                        func=ast.Attribute(value=ast.Name(id=owner), attr="register"),
                        args=[ast.Constant(value=str(name))],
                    ) if owner == registry:
                        summary = first_line(ast.get_docstring(node))
                        yield name, Source(module, node.name, summary)
