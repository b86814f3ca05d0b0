"""What the parser of options complains of comes in one line, with how the option is written."""

from dataclasses import dataclass, field

import pytest
import tyro

from memnets.cli.errors import errors_in_one_line


@dataclass(frozen=True)
class Ramp:
    start: int = 1


@dataclass(frozen=True)
class Settings:
    updates: int = 5
    ramp: Ramp | None = None


@dataclass(frozen=True)
class Command:
    """Do it."""

    seeds: tuple[int, ...] = (0,)
    quick: bool = False
    settings: Settings = field(default_factory=Settings)


def complaint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as stop, errors_in_one_line("do", arguments):
        tyro.cli(Command, prog="do", args=arguments)
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("memnets: ") and err.endswith(" See do --help.\n")
    assert err.count("\n") == 1
    return err


def test_a_wrong_value_is_answered_with_how_the_option_is_written(capsys):
    said = complaint(["--seeds", "0,1"], capsys)
    assert "'0,1'" in said and "Write --seeds [INT [INT ...]]." in said
    assert "Did you mean" not in said
    assert "Write --settings.updates INT." in complaint(["--settings.updates", "x"], capsys)


def test_an_option_of_a_part_that_is_not_chosen_says_what_chooses_it(capsys):
    said = complaint(["--settings.ramp.start", "2"], capsys)
    assert "Write settings.ramp:ramp before --settings.ramp.start." in said
    assert "Did you mean" not in said and "applied to" not in said


def test_a_misspelt_option_is_answered_with_the_nearest_one(capsys):
    assert "Did you mean --seeds?" in complaint(["--sedes", "1"], capsys)
    assert "Did you mean --quick?" in complaint(["--quik"], capsys)
