"""The command `memnets version`."""

from __future__ import annotations


def version() -> int:
    """Print the version of memnets, its commit in a checkout, and what it runs on."""
    from studies.running.provenance import environment

    facts = environment()
    ours, *others = facts["versions"].items()
    commit = f", commit {facts['commit'][:12]}" if facts["commit"] else ""
    changed = " with changes" if facts["dirty"] else ""
    print(f"memnets {ours[1] or 'not installed'}{commit}{changed}")
    print(*(f"{name} {found or 'not installed'}" for name, found in others), sep=", ")
    return 0
