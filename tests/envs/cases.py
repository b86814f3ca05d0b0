"""The tasks that tests of environments and of tasks run over, as a mark of pytest."""

import pytest

from envs import tasks

CASES = [(name, {}) for name in tasks] + [(name, {"symbols": 5}) for name in ("copy", "reverse")]
every_task = pytest.mark.parametrize(("name", "options"), CASES, ids=str)
