"""What every test has: one thread, a seed, and how hypothesis draws."""

from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

settings.register_profile("memnets", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("memnets")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Torch on one thread, seeded: tensors as small as these are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)
