"""The reference file is the defaults, the documentation and the schema; it cannot drift from the code."""

import re
import tomllib
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

import pytest

from voicectl.config.load import parse_config
from voicectl.config.sections import Config, Person
from voicectl.paths import REFERENCE_CONFIG

TEXT = REFERENCE_CONFIG.read_text(encoding="utf-8")
REFERENCE = tomllib.loads(TEXT)
SECTIONS = {name: kind for name, kind in get_type_hints(Config).items() if is_dataclass(kind)}


def test_sections_of_both_are_the_same() -> None:
    """Whatever the code knows stands in the reference, in the same order, and the other way round."""
    assert list(REFERENCE) == [field.name for field in fields(Config)]


@pytest.mark.parametrize("section", SECTIONS)
def test_options_of_both_are_the_same(section: str) -> None:
    """Each option of a section stands in the reference, in the same order, and the other way round."""
    assert list(REFERENCE[section]) == [field.name for field in fields(SECTIONS[section])]


def test_options_of_a_person_are_the_same() -> None:
    """The example of a person shows every option, and the defaults of the options that may be left out."""
    (example,) = REFERENCE["people"].values()
    optional = {field.name: field.default for field in fields(Person) if field.default is not MISSING}

    assert list(example) == [field.name for field in fields(Person) if field.name != "key"]
    assert {**optional, "extension": "200"} == {name: example[name] for name in optional}


def test_values_of_both_are_the_same() -> None:
    """An empty file of the operator's means exactly what the reference says."""
    assert parse_config("") == parse_config(TEXT)


def test_an_empty_section_changes_nothing() -> None:
    """Sections may be named without an option in them."""
    assert parse_config("".join(f"[{section}]\n" for section in SECTIONS)) == parse_config("")


@pytest.mark.parametrize("line", [line for line in TEXT.splitlines() if re.match(r"\w+ = ", line)])
def test_every_option_has_a_comment(line: str) -> None:
    """No option stands without a sentence above it (the end of the RTP range shares its start's)."""
    above = TEXT.splitlines()[TEXT.splitlines().index(line) - 1]

    assert above.startswith("# ") or (line, above) == ("rtp_last = 10099", "rtp_first = 10000")


@pytest.mark.parametrize("section", [*SECTIONS, "people.reception"])
def test_every_option_changes_something(section: str) -> None:
    """Each line of the reference, alone in a file, is accepted: its value is a valid example of itself."""
    table = REFERENCE
    for part in section.split("."):
        table = table[part]
    text = TEXT[TEXT.index(f"[{section}]") :].partition("\n[")[0]

    assert parse_config(text) == parse_config("")
    assert tomllib.loads(text)[section.split(".", maxsplit=1)[0]]


def test_empty_paths_mean_what_the_comments_say() -> None:
    """No script and no models folder are None; an empty store is the folder below the prefix."""
    config = parse_config('[deploy]\nprefix = "/srv/agents/two/"')

    assert (config.agent.script, config.deploy.models_folder) == (None, None)
    assert config.deploy.store == Path("/srv/agents/two/store")
