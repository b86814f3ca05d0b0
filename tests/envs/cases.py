"""The tasks that the tests of environments run over, as marks of pytest."""

import pytest

from envs import tasks

CASES = [(name, {}) for name in tasks] + [("copy", {"symbols": 5})]
every_task = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
