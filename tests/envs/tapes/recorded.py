"""Episodes of gym 0.19 as it played them, and our names of its six tapes."""

import json
from pathlib import Path

RECORDED = json.loads(Path(__file__).with_name("gym_0_19.json").read_text(encoding="utf-8"))
NAMES = {
    "Copy": "copy",
    "DuplicatedInput": "duplicated_input",
    "RepeatCopy": "repeat_copy",
    "Reverse": "reverse",
    "ReversedAddition": "reversed_addition",
}
SIX = [*NAMES.values(), "reversed_addition3"]
