"""What the NTM's rollouts in kernels have of their own: its options."""

import pytest

pytest.importorskip("numba")

from ..unrolled import WAYS, build, same

OPTIONS = [
    {"slots": 1, "width": 1},
    {"slots": 7, "width": 1, "shifts": 1},
    {"slots": 128, "width": 20},
    {"slots": 2, "shifts": 5},
    {"write_heads": 2, "read_heads": 3},
    {"write_heads": 2, "read_heads": 3, "read_first": True, "shifts": 5, "slots": 3},
    {"read_first": True},
    {"memory_start": "random"},
    {"memory_start": "learned", "weights_start": "learned"},
    {"weights_start": "learned", "read_heads": 2, "read_first": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("estimator", WAYS)
def test_every_option_from_the_networks_own_first_state(options, estimator):
    same(build("ntm", estimator, **options), 9, 2, first=True)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_from_a_state_in_between(options):
    same(build("ntm", **options), 8, 3)
