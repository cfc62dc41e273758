"""Whatever a file says, the answer is a Config or one line; never another exception."""

import json
import tomllib
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.errors import ConfigError
from voicectl.paths import REFERENCE_CONFIG

REFERENCE = REFERENCE_CONFIG.read_text(encoding="utf-8")
OPTIONS = [
    (section, key)
    for section, table in tomllib.loads(REFERENCE).items()
    for key in (table if section != "people" else ["bob", "reception"])
]
SCALARS = st.one_of(
    st.integers(-1, 70_000),
    st.booleans(),
    st.sampled_from(
        ["", "x", "/opt/x", "cpu", "0.0.0.0/0", "+19005550000", "+15551230100", "127.0.0.1", "US", "{nme}"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.floats(allow_nan=False, allow_infinity=False),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(st.text("abkeysnumr_", min_size=1), SCALARS))


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value).replace("\x7f", "\\u007f") if isinstance(value, str | bool) else repr(value)


def _answer(text: str) -> Config | ConfigError:
    try:
        return parse_config(text)
    except ConfigError as error:
        answer = error
    assert str(answer).isprintable()
    assert answer.code.startswith("E2")
    return answer


@given(st.text(max_size=200))
def test_any_text_gives_a_config_or_one_error(text: str) -> None:
    """Noise is refused like any other slip."""
    _answer(text)


@given(st.text(alphabet="[]{}=\"'.,#\n abesip10:-T+_\\", max_size=80))
def test_anything_like_toml_gives_a_config_or_one_error(text: str) -> None:
    """So is what the parser gets further with."""
    _answer(text)


@given(st.lists(st.tuples(st.sampled_from(OPTIONS), VALUES), max_size=4, unique_by=lambda row: row[0]))
def test_any_value_of_any_option_gives_a_config_or_one_error(rows: list[tuple[tuple[str, str], Any]]) -> None:
    """Options that exist, with values of every type, alone and together."""
    _answer("".join(f"{section}.{key} = {_toml(value)}\n" for (section, key), value in rows))


@given(st.integers(0, len(REFERENCE)), st.integers(0, 20), st.text(max_size=5))
def test_any_slip_in_the_reference_gives_a_config_or_one_error(at: int, cut: int, typed: str) -> None:
    """An operator edits the file that `voicectl init` wrote, and slips anywhere."""
    _answer(REFERENCE[:at] + typed + REFERENCE[at + cut :])


def test_config_cannot_be_changed() -> None:
    """One frozen object travels through the whole program."""
    config = parse_config("")

    with pytest.raises(FrozenInstanceError):
        config.agent.name = "Eve"  # type: ignore[misc]  # the point of the test
    assert hash(config) == hash(parse_config(""))


def test_own_people_replace_the_example() -> None:
    """The reference's receptionist is not added to the operator's people, and there may be nobody."""
    bob = '[people.bob]\nsays = "Bob"\nextension = "201"\n'
    eve = '[people.ann]\nsays = "Ann"\nextension = "202"\n'

    assert [person.key for person in parse_config("").people] == ["reception"]
    assert [person.key for person in parse_config(bob + eve).people] == ["bob", "ann"]
    assert parse_config("[people]").people == ()


def test_a_whole_office_is_accepted() -> None:
    """What an operator with a trunk writes; no rule refuses more than it should."""
    prefix = "/srv/" + "a" * 74
    config = parse_config(f"""
        agent = {{ name = "Zoë", business = "O'Neill & Söhne; [24/7]", profile = "cpu", language_model = true }}
        calls = {{ most = 25, longest_s = 600, record = false }}
        sip = {{ address = "0.0.0.0", port = 5080, username = "desk_1", codecs = ["alaw"] }}
        deploy = {{ prefix = "{prefix}", store = "/var/lib/voicectl", models_folder = "/mnt/my models" }}
        log = {{ level = "DEBUG", transcripts = true }}
        [trunk]
        address = "203.0.113.7"
        networks = ["203.0.113.8", "198.51.100.0/24", "10.0.0.0/8"]
        number = "+4722123456"
        country = "NO"
        [people.front_desk]
        says = "the front desk"
        number = "+4745123456"
        [people.doctor2]
        says = "the doctor"
        extension = "2001"
    """)

    assert config.sip.codecs == ("alaw",)
    assert [person.key for person in config.people] == ["front_desk", "doctor2"]
    assert len(f"{config.deploy.prefix}/run/supervisor.sock.4194304") == 107


def test_greeting_is_filled_in() -> None:
    """The two placeholders are replaced; a name that looks like one is not replaced again."""
    config = parse_config('[agent]\nname = "{business}"\nbusiness = "Acme"\ngreeting = "{name}, {business}, {{x}}"')

    assert config.agent.first_words == "{business}, Acme, {{x}}"


def test_instructions_may_have_lines() -> None:
    """A system prompt is written as JSON only, where a line break is safe."""
    assert parse_config('agent.instructions = """a\n\tb"""').agent.instructions == "a\n\tb"
