"""What a source asks of the kind or the type of its parts, where these should answer themselves."""

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
AXIS = ("memnets/estimators/", "memnets/checks/")
# what answers for itself -> where its classes are, which may know one another
FAMILIES = {
    "estimator": "memnets/estimators/",
    "controller": "memnets/controllers.py",
    "answer": "envs/answers.py",
    "contents": "memnets/storage/",
}
SUBJECT = re.compile(rf"({'|'.join(FAMILIES)}|content|memory|usage)(_[A-Z0-9]+)?")
# a kernel stands in for one exact class, which it looks up by `type(part)`
STAND_INS = "memnets/backends/"
ESTIMATOR_WORDS = {"discrete", "hard", "differentiable", "stochastic"}


def branches(file: str, source: str) -> list[str]:
    """Where a file asks what kind of estimator it has."""
    if file.startswith(AXIS):
        return []
    broken = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            asked = node.test
        elif isinstance(node, ast.Match):
            asked = node.subject
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            asked = node
        else:
            continue
        for part in ast.walk(asked):
            word = getattr(part, "id", getattr(part, "attr", ""))
            kind = isinstance(asked, ast.Call) and word.lower() == "estimator"
            if word in ESTIMATOR_WORDS or kind:
                broken.append(f"{file}:{node.lineno} branches on {word}")
    return broken


def words(node: ast.AST) -> Iterator[str]:
    yield from (getattr(part, "id", getattr(part, "attr", "")) for part in ast.walk(node))


@cache
def members() -> dict[str, str]:
    """Every class of a family, and where the family is at home."""
    return {
        node.name: home
        for home in FAMILIES.values()
        for path in [ROOT / home, *sorted((ROOT / home).rglob("*.py"))]
        if path.is_file()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }


def type_tests(file: str, source: str) -> list[str]:
    """Where a file asks for the type, or for a mark of it, of what answers for itself."""
    tree, broken = ast.parse(source), []
    # `type(part).__name__` in a message is no test
    naming = [
        n.value for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "__name__"
    ]
    for node in ast.walk(tree):
        asked: list[str] = []
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[subject, types]):
                asked = [word for word in words(types) if word]
            case ast.Call(func=ast.Name(id="type"), args=[subject]):
                if node in naming or file.startswith(STAND_INS):
                    continue
            case ast.Call(func=ast.Name(id="hasattr"), args=[subject, _]):
                pass
            case ast.Call(func=ast.Name(id="getattr"), args=[subject, _, _]):
                pass
            case _:
                continue
        if asked and all(hasattr(builtins, word) for word in asked):
            continue
        known = [members()[word] for word in asked if word in members()]
        if SUBJECT.fullmatch(next(words(subject))):
            known += [home for name, home in FAMILIES.items() if name == "contents" or not asked]
        if known and not file.startswith(tuple(known)):
            broken.append(f"{file}:{node.lineno} asks {ast.unparse(node)}")
    return broken
