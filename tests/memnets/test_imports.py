"""What stays unimported until it is needed, and what the package offers by name."""

import subprocess
import sys

import pytest

import memnets


@pytest.mark.parametrize("module", ["memnets", "memnets.registry", "memnets.spec"])
def test_importing_it_leaves_torch_alone(module):
    check = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check]).returncode == 0


@pytest.mark.parametrize("name", memnets._HOMES)
def test_every_public_name_is_there_on_first_use(name):
    assert getattr(memnets, name).__name__ == name


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'memnets' has no attribute 'Memory'"):
        memnets.Memory  # noqa: B018
