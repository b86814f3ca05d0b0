"""Whether the packages that come along with memnets are the ones that Python finds."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


class Shadowed(ImportError):
    """Another package stands in the place of one of ours; the message says where it is."""


def require_ours(*names: str) -> None:
    """Raise Shadowed where one of our packages is not found beside this one.

    Their names are common ones: a folder of that name beside a script comes first for Python.
    """
    home = Path(__file__).resolve().parents[1]
    for name in names:
        spec = find_spec(name)
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found != home / name / "__init__.py":
            raise Shadowed(
                f"Python finds {found or 'nothing'} under the name {name!r}, where memnets needs "
                f"its own {home / name}: rename what has that name, or run from another folder."
            )
