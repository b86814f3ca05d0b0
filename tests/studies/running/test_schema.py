"""The form of a results folder: which can be read, and how one comes to today's."""

import json
import shutil
from pathlib import Path

import pytest

from studies.running.schema import SCHEMA, LaterSchema, bring_up_to_date
from studies.running.store import NotResults, ResultStore

EARLIER = Path(__file__).parents[1] / "earlier"


def said(store):
    return json.loads((store.folder / "study.json").read_text())


def rewrite(store, **changes):
    (store.folder / "study.json").write_text(json.dumps({**said(store), **changes}))


def test_a_new_folder_has_todays_form(store, study):
    assert said(store)["schema"] == SCHEMA
    store.declare(study)
    assert bring_up_to_date(store.folder) == SCHEMA


def test_a_folder_of_a_later_version_is_neither_read_nor_written(store, study):
    rewrite(store, schema=SCHEMA + 1)
    before = (store.folder / "study.json").read_bytes()
    for use in (store.load, lambda: store.declare(study), lambda: bring_up_to_date(store.folder)):
        with pytest.raises(
            LaterSchema, match="that of a later memnets; .* install a newer memnets"
        ):
            use()
    assert (store.folder / "study.json").read_bytes() == before


@pytest.mark.parametrize("schema", [0, -1, "2", True, None, 1.5])
def test_a_form_that_is_no_number_is_named(store, schema):
    rewrite(store, schema=schema)
    with pytest.raises(NotResults, match="study.json says schema"):
        store.load()


def test_a_folder_of_the_first_version_is_brought_up_to_date_and_keeps_its_rows(tmp_path):
    shutil.copytree(EARLIER / "before", tmp_path / "before")
    store = ResultStore(tmp_path / "before")
    files = {path: path.read_bytes() for path in store.folder.rglob("*.jsonl")}
    frame = store.load()
    assert "rows" not in store.facts()
    assert bring_up_to_date(store.folder) == 1
    assert said(store)["schema"] == SCHEMA and store.facts()["rows"].tolist() == [6]
    assert bring_up_to_date(store.folder) == SCHEMA
    assert store.load().equals(frame)
    assert {path: path.read_bytes() for path in store.folder.rglob("*.jsonl")} == files


def test_a_run_leaves_a_folder_in_its_form(store, study):
    rewrite(store, schema=1)
    store.declare(study)
    assert said(store)["schema"] == 1


def test_what_cannot_be_read_is_not_called_up_to_date(tmp_path):
    shutil.copytree(EARLIER / "before", tmp_path / "before")
    done = next((tmp_path / "before").glob("*/done.json"))
    done.write_text("[]")
    with pytest.raises(NotResults, match="done.json holds"):
        bring_up_to_date(tmp_path / "before")
    assert "schema" not in json.loads((tmp_path / "before" / "study.json").read_text())
