"""Which way imports may go, read off the source as a tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("memnets", "envs", "studies", "reports")

# package -> what it may import of ours, and which libraries it may not
MAY = {
    "memnets": (),
    "envs": ("memnets.registry",),
    "studies": ("memnets", "envs"),
    "reports": ("studies", "envs", "memnets"),
}
MAY_NOT = {
    "memnets": ("pandas", "gymnasium", "seaborn", "matplotlib", "stable_baselines3", "distributed"),
    "envs": ("torch", "pandas"),
    "studies": (),
    "reports": ("torch",),
}
# the floors of memnets, the lowest first: a part imports its own modules and those of lower floors
FLOORS = (
    ("file_names", "flops", "source_names"),
    ("registry", "options", "own_packages", "types"),
    ("inputs", "storage"),
    ("equations",),
    ("controllers", "embedding", "episodes", "estimators", "interface"),
    ("cells", "readout"),
    ("network",),
    ("assembly", "size_search"),
    ("addressing", "sizes", "torchscript"),
    ("spec",),
    ("preset_dntm", "preset_language", "saved"),
    ("backends", "checks", "presets", "regularisers"),
    ("sb3", "testing"),
    ("cli",),
    ("__main__",),
)
FLOOR = {part: floor for floor, parts in enumerate(FLOORS) for part in parts}
COMPOSITION_ROOT = ("memnets/cli/", "memnets/__main__.py")
INTEGRATION = "memnets/sb3/"
AGENTS = "studies/procedures/"


def sources() -> list[str]:
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def within(module: str, parents: tuple[str, ...]) -> bool:
    return any(module == parent or module.startswith(f"{parent}.") for parent in parents)


def imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from (f"{module}.{name.name}" for name in names)
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(module)), *_],
        ):
            yield module


def violations(file: str, source: str) -> list[str]:
    """What a file's imports break, one line each."""
    if file.startswith(COMPOSITION_ROOT):
        return []
    package = file.partition("/")[0]
    depth = file.count("/")
    broken = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level > depth:
            broken.append(f"{file}:{node.lineno} leaves its package by a relative import")
        for module in imported(node):
            where = f"{file}:{node.lineno}"
            if within(module, (package,)):
                broken.append(f"{where} imports {module} absolutely inside its package")
            elif within(module, PACKAGES) and not within(module, MAY[package]):
                broken.append(f"{where} imports {module}")
            elif within(module, MAY_NOT[package]) and not file.startswith(INTEGRATION):
                broken.append(f"{where} imports {module}")
            if within(module, ("memnets.cli.main",)):
                broken.append(f"{where} imports {module}, which nothing may import")
            if within(module, ("memnets.sb3",)) and not file.startswith(AGENTS):
                broken.append(f"{where} imports {module}, which only procedures may import")
    return broken


def climbs(graph: dict[str, set[str]]) -> list[str]:
    """Where a part of memnets imports another of its own floor or of a higher one."""
    broken = []
    for module, imports in graph.items():
        own = module.split(".")[1:2]
        for other in imports:
            part = other.split(".")[1:2]
            if own and part and part != own and FLOOR[part[0]] >= FLOOR[own[0]]:
                broken.append(f"{module} imports {other}")
    return broken
