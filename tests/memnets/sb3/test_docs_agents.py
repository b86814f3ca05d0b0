"""The blocks of docs/agents.md run as they are printed, one after the other."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[3] / "docs" / "agents.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_page_runs_from_its_first_block_to_its_last():
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, "docs/agents.md", "exec"), names)
    assert len(BLOCKS) == 4 and names["agent"].num_timesteps >= 1_024
