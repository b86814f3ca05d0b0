"""The tasks that tests of environments and of tasks run over, as a mark of pytest."""

import pytest

from envs import tasks

CASES = [(name, {}) for name in tasks] + [("copy", {"symbols": 5})]
every_task = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
