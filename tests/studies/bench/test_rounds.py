import pytest

from studies.bench.rounds import failure, interleave, summary, warm_up


def test_everybody_takes_a_turn_in_every_round_and_the_first_changes():
    seen = []

    def run(name, seconds):
        def steps_done(count):
            seen.append((name, count))
            return seconds * count

        return steps_done

    runs = {"fast": run("fast", 0.001), "slow": run("slow", 0.1)}
    times, failed = interleave(runs, 3, {"fast": 0.001, "slow": 0.1})
    assert not failed
    assert [name for name, _ in seen] == ["fast", "slow", "slow", "fast", "fast", "slow"]
    # a turn is at least 20 ms of work
    assert dict(seen) == {"fast": 20, "slow": 1}
    assert times["fast"] == pytest.approx([1.0] * 3) and times["slow"] == pytest.approx([100.0] * 3)


def test_who_fails_in_a_round_drops_out_of_the_later_ones():
    left = iter([0.1, 0.1])
    runs = {"short": lambda count: next(left), "long": lambda count: 0.1}
    times, failed = interleave(runs, 4, {"short": 0.1, "long": 0.1})
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
