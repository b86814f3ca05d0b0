"""Attempts at a trial that failed, the last one and those before it."""

import pytest

from studies.running.files import NotResults


def test_every_attempt_that_failed_is_kept_when_the_trial_is_begun_again(store, first):
    told = [
        {"started": f"2026-01-01T00:0{n}:00", "finished": None, "error": f"{n}"} for n in (1, 2)
    ]
    for facts in told:
        store.begin(first)
        store.fail(first, {**facts, "traceback": "Traceback…"})
    assert store.attempts()[["trial", "error"]].values.tolist() == [
        [first.id, "1"],
        [first.id, "2"],
    ]
    store.begin(first)
    store.finish(first, {})
    found = store.attempts()
    assert len(store.failures()) == 0 and found["error"].tolist() == ["1", "2"]
    assert found["started"].tolist() == [facts["started"] for facts in told]


def test_attempts_of_which_no_time_is_known_are_all_counted(store, first):
    for _ in range(3):
        # as where a worker died: nobody has begun the trial again
        store.begin(first)
        store.fail(first, {"error": "the worker ended", "traceback": ""})
        store.fail(first, {"error": "the worker ended", "traceback": ""})
    assert len(store.attempts()) == 6 and len(store.failures()) == 1


def test_a_failure_that_a_killed_process_left_in_both_files_counts_once(store, first):
    store.begin(first)
    store.fail(first, {"started": "2026-01-01", "error": "no", "traceback": "Traceback…"})
    failed = store.path(first) / "failed.json"
    left = failed.read_bytes()
    store.begin(first)
    failed.write_bytes(left)
    assert len(store.attempts()) == 1
    store.begin(first)
    assert len(store.attempts()) == 1


@pytest.mark.parametrize("line", ["[]", "no JSON", '{"started": NaN}', "\udcff"])
def test_a_damaged_file_of_attempts_is_named_and_a_half_line_is_left_out(store, first, line):
    store.begin(first)
    path = store.path(first) / "attempts.jsonl"
    path.write_text('{"error": "no"}\n{"err', encoding="utf-8")
    assert store.attempts()["error"].tolist() == ["no"]
    path.write_text(f"{line}\n", encoding="utf-8", errors="surrogateescape")
    with pytest.raises(NotResults, match="attempts.jsonl cannot be read"):
        store.attempts()
