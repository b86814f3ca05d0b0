"""The imports inside a package as a graph, read off the source; for the tests of its layering."""

import ast
from collections.abc import Iterator
from pathlib import Path

Graph = dict[str, set[str]]
"""Every module of a package, and those of the same package that it imports when it runs."""


def import_graph(sources: dict[str, str]) -> Graph:
    """The graph of modules by their paths: `{"memnets/cells/base.py": source}`.

    Imports inside functions count; those under `if TYPE_CHECKING` do not.
    """
    modules = {module_name(path): path for path in sources}
    return {
        module: {
            name
            for node in at_run_time(ast.parse(sources[path]))
            for name in _targets(node, module, path.endswith("/__init__.py"), modules)
            if name in modules and name != module
        }
        for module, path in modules.items()
    }


def module_name(path: str) -> str:
    """The dotted name of a module, that of its folder for an `__init__.py`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def sources_of(root: Path, package: str) -> dict[str, str]:
    """Path and source of every module of a package."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in (root / package).rglob("*.py")
    }


def at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    """Every node of a tree but what only a type checker sees."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for other in node.orelse:
            yield from at_run_time(other)
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from at_run_time(child)


def circles(graph: Graph) -> list[list[str]]:
    """The groups of modules that reach each other, sorted: strongly connected components."""
    reached = {module: _reachable(graph, module) for module in graph}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in graph
    }
    return sorted(list(group) for group in groups if group)


def _reachable(graph: Graph, start: str) -> set[str]:
    """The modules that a module imports, directly or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found


def _targets(
    node: ast.AST, module: str, is_package: bool, modules: dict[str, str]
) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names)
        case ast.ImportFrom(names=names, level=level):
            parents = module.split(".")
            parents = parents[: len(parents) - level + is_package] if level else []
            source = ".".join([*parents, *([node.module] if node.module else [])])
            for name in names:
                inner = f"{source}.{name.name}"
                yield inner if inner in modules else source
        case ast.Call(
            func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            dots = len(name) - len(name.lstrip("."))
            parents = module.split(".")
            parents = parents[: len(parents) - dots + is_package] if dots else []
            yield ".".join([*parents, name.lstrip(".")])
