"""The command `memnets report`."""

from __future__ import annotations

from pathlib import Path

from tyro.conf import Positional

from .describe import results


def report(study: Positional[str], folder: Path = Path("runs"), open: bool = False) -> int:
    """Build a study's report, FOLDER/STUDY/report/index.html, from its results so far.

    Beside the page lie its figures (svg, png), tables (csv, tex, md) and rows (results.csv). With
    --open the page is shown in the browser.
    """
    from reports import build

    page = build(results(folder / study), folder / study / "report")
    print(page)
    if open:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 0
