"""The page in a browser, wide and narrow, light and dark: nothing breaks, everything is reached."""

import shutil

import pytest

from memnets.spec import ModelSpec
from reports import build

from .tuned import declared, stored

sync_api = pytest.importorskip("playwright.sync_api", reason="the extra 'browser' is missing")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed")

SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
VIEWS = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]
SPECS = {
    "LSTM": ModelSpec("none"),
    "NTM, soft": ModelSpec("ntm"),
    "NTM, REINFORCE": ModelSpec("ntm", "reinforce"),
    "DNC, soft": ModelSpec("dnc"),
    "DNC, fails": ModelSpec("dnc", "reinforce"),
}


@pytest.fixture(scope="module")
def page_file(write_store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    store = write_store(folder, specs=SPECS, seeds=(0, 1), failing=("DNC, fails",))
    return build(store, folder / "report")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as started:
        # inside a container, where tests run as root, its own sandbox cannot start
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def opened(browser, file, size, scheme):
    """A page in a size and a scheme, and what went wrong meanwhile."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text))
    page.on("request", lambda request: wrong.append(request.url))
    page.goto(file.as_uri())
    return page, wrong


@pytest.fixture(scope="module")
def views(browser, page_file):
    """The page in every size and scheme, opened once, and what went wrong meanwhile."""
    return {view: opened(browser, page_file, *view) for view in VIEWS}


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_it_opens_without_an_error_a_request_or_overflow(views, page_file, size, scheme):
    page, wrong = views[size, scheme]
    assert wrong == [page_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(254, 254, 254)", "dark": "rgb(21, 25, 29)"}[scheme]


@pytest.mark.parametrize(("size", "scheme"), VIEWS)
def test_axe_finds_nothing(views, size, scheme):
    page, _ = views[size, scheme]
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.slow
@pytest.mark.parametrize("procedures", ["supervised and gradients", "tuning"])
def test_pages_of_other_procedures_are_as_sound(procedures, request, browser, tmp_path):
    searched = procedures == "tuning"
    store = stored(tmp_path, declared()) if searched else request.getfixturevalue("both")
    file = build(store, tmp_path / "report")
    for view in (("narrow", "dark"), ("wide", "light")):
        page, wrong = opened(browser, file, *view)
        assert wrong == [file.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[view[0]][0]
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_every_picture_has_a_text_and_every_id_is_its_own(views):
    page, _ = views["wide", "light"]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids)) > 50
    named = page.evaluate(
        """[...document.querySelectorAll('.drawing')].map(each => ['labelledby', 'describedby']
        .map(how => each.getAttribute(`aria-${how}`).split(' ')
            .map(id => document.getElementById(id).textContent.trim()).join(' ')))"""
    )
    assert len(named) >= 10
    assert all(label and text and not text.startswith(label) for label, text in named)
    assert page.evaluate("document.querySelectorAll('img:not([alt]), body > svg').length") == 0
    assert page.evaluate("[...document.querySelectorAll('svg')].every(e => e.closest('.drawing'))")


def test_every_table_has_a_caption_scopes_and_is_reached_by_key(views):
    page, _ = views["narrow", "light"]
    tables = page.locator("table")
    assert tables.count() >= 5
    for table in tables.all():
        assert table.locator("caption").inner_text()
        heads, rows = table.locator("thead th"), table.locator("tbody tr")
        assert table.locator("thead th[scope=col]").count() == heads.count()
        assert table.locator("tbody th[scope=row]").count() == rows.count()
    boxes = page.evaluate(
        """[...document.querySelectorAll('*')].filter(each => each.scrollWidth > each.clientWidth
        && ['auto', 'scroll'].includes(getComputedStyle(each).overflowX))
        .map(each => each.tabIndex)"""
    )
    assert len(boxes) > 5 and set(boxes) == {0}


@pytest.mark.parametrize("size", SIZES)
def test_text_of_figures_is_large_enough_to_read(views, size):
    page, _ = views[size, "light"]
    heights = page.evaluate(
        """[...document.querySelectorAll('.drawing text')].map(each =>
        Math.abs(each.getScreenCTM().d || each.getScreenCTM().b)
        * parseFloat(getComputedStyle(each).fontSize))"""
    )
    assert len(heights) > 100 and min(heights) >= 8.5


def test_a_table_is_sorted_by_its_numbers_and_back(views):
    page, _ = views["wide", "light"]
    table = page.locator("#table-models")
    column = "tbody tr td:nth-child(4)"
    table.get_by_role("button", name="Accuracy").click()
    shown = [float(text.split()[0]) for text in table.locator(column).all_inner_texts()[:4]]
    assert shown == sorted(shown)
    # the model without any accuracy is last in both directions
    table.get_by_role("button", name="Accuracy").click()
    texts = table.locator(column).all_inner_texts()
    shown = [float(text.split()[0]) for text in texts[:4]]
    assert shown == sorted(shown, reverse=True) and texts[4] == "–"
    assert table.locator("th[aria-sort=descending]").count() == 1


def test_a_model_can_be_hidden_and_shown_again(views):
    page, _ = views["wide", "light"]
    marks = page.locator("#figure-final-accuracy .model-1")
    row = page.locator("#table-models tbody tr", has_text="NTM, soft")
    assert marks.count() >= 3 and row.is_visible()
    page.locator("#models-shown summary").click()
    box = page.get_by_label("NTM, soft", exact=True)
    box.uncheck()
    assert not any(mark.is_visible() for mark in marks.all()) and not row.is_visible()
    box.check()
    assert row.is_visible()


def test_values_are_told_where_the_pointer_is(views):
    page, _ = views["wide", "dark"]
    figure = page.locator("#figure-final-accuracy svg")
    figure.scroll_into_view_if_needed()
    box = page.locator("#figure-final-accuracy .model-2 use").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lines = page.locator(".tip").inner_text().splitlines()
    assert lines[0] == "NTM, REINFORCE" and lines[1].startswith("final accuracy")
    assert 0.5 < float(lines[1].rpartition(" ")[2]) <= 1


def test_everything_is_there_without_the_script(browser, page_file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_file.as_uri())
    assert page.locator("#table-models tbody tr").count() == 5
    assert page.locator("#figure-final-accuracy svg").is_visible()
    assert not page.locator("#models-shown").is_visible()
    assert not page.locator("thead button").count()
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.locator("body").evaluate("each => getComputedStyle(each).backgroundColor")
    assert paper == "rgb(254, 254, 254)" and not page.locator("nav").is_visible()
    context.close()
