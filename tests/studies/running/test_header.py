"""The file that says of which study a folder is."""

import pytest

from studies import ResultStore
from studies.running.store import NotResults


def test_a_folder_in_which_a_run_begins_or_was_killed_is_a_results_folder(tmp_path, study):
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "study.json.0123abcd.partial").write_text("{")
    store = ResultStore(folder)
    store.declare(study)
    assert list(ResultStore(folder).trials()) == []
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").touch()
    with pytest.raises(NotResults, match="is not a results folder"):
        ResultStore(other)
