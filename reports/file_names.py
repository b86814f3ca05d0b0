"""Names of files and anchors, made from what a study calls its tasks and models."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 100
"""Characters of the longest name; file systems take 255 bytes, and endings come on top."""

_DIGITS = 8


def file_name(*labels: str) -> str:
    """The labels in lower-case latin letters, digits and hyphens; the same in every process.

    A name that is cut, or whose labels have other letters or signs than ASCII's, ends with a hash
    of the labels, so that different labels keep different names.
    """
    words = (re.sub(r"[^a-z0-9]+", "-", _latin(label).lower()).strip("-") for label in labels)
    name = "-".join(word for word in words if word) or "unnamed"
    if all(label.isascii() for label in labels) and len(name) <= LONGEST:
        return name
    # a lone surrogate, which no encoding has, must not stop a report
    data = "\0".join(labels).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(data).hexdigest()[:_DIGITS]
    return f"{name[: LONGEST - _DIGITS - 1].rstrip('-')}-{digest}"


def free(name: str, taken: set[str]) -> str:
    """The name, or where it is taken the name with the next number; it is taken from now on."""
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}-{count}"
    taken.add(found)
    return found


def _latin(label: str) -> str:
    """The label without accents: "é" becomes "e"."""
    parts = unicodedata.normalize("NFKD", label)
    return "".join(part for part in parts if not unicodedata.combining(part))
