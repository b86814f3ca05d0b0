"""A progress bar on standard error, for benches and plans; silent where there is no terminal."""

from __future__ import annotations

from typing import Any


class ProgressBar:
    """Shows how many of so many things are done, and what is being done now."""

    def __init__(self, name: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.fields[name]}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            # a thread that redraws the bar would compete with the code that is being timed
            auto_refresh=False,
            disable=not console.is_terminal,
        )
        self._task: Any = self._bar.add_task("", total=total, name=name)

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Show what is being done now."""
        self._bar.update(self._task, description=text, refresh=True)

    def advance(self) -> None:
        """Count one more point as done."""
        self._bar.update(self._task, advance=1, refresh=True)
