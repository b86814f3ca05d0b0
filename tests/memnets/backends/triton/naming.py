"""Which Triton kernels bear the name of a reference, read off the source: no Triton is needed."""

import ast
import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import torch

ELEMENTARY = {"linear": (torch.nn.functional,), "functions": (torch.nn.functional, torch)}
"""Files whose reference is torch itself."""


def references(stem: str) -> set[str]:
    """Names that a kernel file `stem`.py may define, in lower case: those of its reference."""
    modules = list(ELEMENTARY.get(stem, ()))
    for package in ("memnets.equations", "memnets"):
        if find_spec(f"{package}.{stem}"):
            modules.append(importlib.import_module(f"{package}.{stem}"))
    return {name.lower() for module in modules for name in vars(module)}


def kernels(path: Path, decorator: str) -> Iterator[str]:
    """The public functions of a file that are compiled: those under `@decorator`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            if any(decorator in ast.unparse(found) for found in node.decorator_list):
                yield node.name


def without_reference(path: Path, decorator: str) -> list[str]:
    """The kernels of a file that bear the name of no reference.

    `f_vjp` and `f_vjp_of_x` belong to `f`; `f_and_g` computes both in one go.
    """
    known = references(path.stem)

    def named(name: str) -> bool:
        equation = name.partition("_vjp")[0]
        return equation in known or all(part in known for part in equation.split("_and_"))

    return [name for name in kernels(path, decorator) if not named(name)]
