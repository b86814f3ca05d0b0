"""Warm-up, rounds and rows, with timers that return given seconds."""

import pytest

from studies.bench.timing import (
    Candidate,
    NotCovered,
    backend_rows,
    failure,
    interleave,
    prepare,
    summary,
    warm_up,
)


def test_every_round_times_every_candidate_and_the_first_one_changes():
    seen = []

    def run(name, seconds):
        def steps_done(count):
            seen.append((name, count))
            return seconds * count

        return steps_done

    seconds = {"fast": 0.001, "slow": 0.1}
    candidates = {name: Candidate(run(name, step), step) for name, step in seconds.items()}
    times, failed = interleave(candidates, 3)
    assert not failed
    assert [name for name, _ in seen] == ["fast", "slow", "slow", "fast", "fast", "slow"]
    # a candidate runs for at least 20 ms per round
    assert dict(seen) == {"fast": 20, "slow": 1}
    assert times["fast"] == pytest.approx([1.0] * 3) and times["slow"] == pytest.approx([100.0] * 3)


def test_a_candidate_that_fails_in_a_round_is_left_out_of_the_later_ones():
    left = iter([0.1, 0.1])
    timers = {"short": lambda count: next(left), "long": lambda count: 0.1}
    candidates = {name: Candidate(timer, 0.1) for name, timer in timers.items()}
    times, failed = interleave(candidates, 4)
    assert times == {"long": pytest.approx([100.0] * 4)}
    assert failure(failed["short"]) == "failed: StopIteration: "


def test_a_warm_up_ends_when_two_steps_are_alike():
    spent = iter([9.0, 5.0, 1.0, 0.5, 0.1, 0.11, 0.1])
    assert warm_up(lambda steps: next(spent)) == 0.11


def test_a_summary_is_median_and_percentiles():
    found = summary([5.0, 1.0, 2.0, 3.0, 4.0])
    assert found["ms"] == 3.0 and found["rounds"] == 5
    assert found["ms_p10"] == pytest.approx(1.4) and found["ms_p90"] == pytest.approx(4.6)
    assert summary([2.0])["ms_p90"] == 2.0


def test_candidates_that_cannot_be_made_have_a_note_and_the_others_are_warm():
    def missing():
        raise NotCovered("no kernel for it")

    said = []
    makers = {"missing": missing, "broken": lambda: 1 / 0, "works": lambda: lambda steps: 0.5}
    candidates, notes = prepare(makers, said.append)
    assert notes == {
        "missing": "not covered: no kernel for it",
        "broken": "failed: ZeroDivisionError: division by zero",
    }
    assert {name: found.step_seconds for name, found in candidates.items()} == {"works": 0.5}
    assert said == ["warming up missing", "warming up broken", "warming up works"]


def test_a_row_has_the_ratio_to_the_reference_or_a_note():
    times, notes = {"reference": [8.0], "fused": [2.0]}, {"compiled": "failed"}
    extra = {"fused": {"threads": 2}}
    reference, fused, compiled = backend_rows([*times, *notes], times, notes, 16, extra)
    assert reference["ratio"] == 1 and fused["ratio"] == 4
    assert fused["sequences_per_second"] == 8000 and fused["threads"] == 2
    assert compiled == {"backend": "compiled", "note": "failed"}
    (alone,) = backend_rows(["fused"], {"fused": [2.0]}, {}, 16)
    assert alone["ratio"] is None
