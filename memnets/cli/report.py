"""The command `memnets report`."""

from __future__ import annotations

from pathlib import Path

from tyro.conf import Positional

from .describe import results


def report(
    study: Positional[str],
    others: Positional[tuple[str, ...]] = (),
    folder: Path = Path("runs"),
    open: bool = False,
) -> int:
    """Build a study's report, FOLDER/STUDY/report/index.html, from its results so far.

    Beside the page lie its figures (svg, png, pdf, csv), tables (csv, tex, md) and rows
    (results.csv). With OTHERS, one page compares several studies: their models side by side, each
    with the name of its study behind it, in FOLDER/STUDY/report-with-OTHERS. With --open the page
    is shown in the browser.
    """
    from reports import build

    home, store = folder / study / "report", results(folder / study)
    if others:
        from reports.file_names import file_name
        from reports.together import Together

        names = dict.fromkeys((study, *others))
        page = build(
            Together({name: results(folder / name) for name in names}),
            home.with_name(f"report-with-{file_name(*others)}"),
        )
    else:
        page = build(store, home)
    print(page)
    if open:
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return 0
