"""Every text of the configuration, fed with what breaks files: refused, or understood as it was written."""

import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.render.agents import MODELS, case, plan_of, secrets_of
from voicectl.config.sections import Config
from voicectl.errors import RenderError
from voicectl.render.asterisk_file import Line, read_asterisk
from voicectl.render.exchange import Exchange
from voicectl.render.files import render
from voicectl.render.read_back import read_supervisor
from voicectl.render.rendered import Rendered

PLAIN = case("trunk_and_people")
PLAN, SECRETS = plan_of(PLAIN), secrets_of(PLAIN)
POISON = [
    "\n",
    ";",
    "[x]",
    "\n[x]\ntype=endpoint",
    "#exec id",
    "\n#exec id",
    "${SHELL(id)}",
    "{{ 7*7 }}",
    "%0a",
    "%",
    '"',
]
POISON += [
    "'",
    "\\",
    ",1,Dial(PJSIP/1900)",
    "&",
    "\r\n",
    " ;x",
    "\u2028",
    "é東",
    ")",
    "$[1]",
    "=>",
    "\n same => n,System(id)",
]
hostile = st.tuples(st.text("ab1/+._-", max_size=6), st.sampled_from(POISON), st.text("ab1", max_size=3)).map("".join)


def texts(section: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every text, path and list of texts in the configuration; people by their number."""
    for field in fields(section):
        value = getattr(section, field.name)
        if is_dataclass(value):
            yield from texts(value, (*at, field.name))
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for number, item in enumerate(value):
                yield from texts(item, (*at, field.name, str(number)))
        elif isinstance(value, str | Path | tuple):
            yield (*at, field.name)


def put(section: Any, at: tuple[str, ...], text: str) -> Any:
    """The same configuration with one value replaced, past all the rules that guard it."""
    name, *rest = at
    value = getattr(section, name)
    if not rest:
        return replace(section, **{name: _of_its_kind(value, text)})
    if isinstance(value, tuple):
        number = int(rest[0])
        people = (*value[:number], put(value[number], tuple(rest[1:]), text), *value[number + 1 :])
        return replace(section, **{name: people})
    return replace(section, **{name: put(value, tuple(rest), text)})


def _of_its_kind(value: object, text: str) -> object:
    return Path("/", text) if isinstance(value, Path) else (text,) if isinstance(value, tuple) else text


# A language model's own choices are no texts of a file: the language picks a sentence, the profile was planned.
PATHS = sorted(set(texts(PLAIN)) - {("agent", "language"), ("agent", "profile"), ("agent", "script")})


def keys(lines: tuple[Line, ...]) -> list[tuple[str, str]]:
    """What a file says, without its values."""
    return [(section, key) for section, key, _ in lines]


def shape(files: dict[str, Rendered], name: str) -> list[tuple[str, str]]:
    return keys(read_asterisk(files[f"etc/asterisk/{name}.conf"].text))


def rendered(config: Config) -> dict[str, Rendered]:
    secrets = {**SECRETS, **secrets_of(config)}
    return render(config, PLAN, secrets, MODELS, Exchange())


def programs(files: dict[str, Rendered]) -> list[str]:
    supervisor = files["etc/supervisord.conf"].text
    assert read_supervisor(supervisor)
    return [line for line in supervisor.splitlines() if line.startswith("[")]


GOOD = rendered(PLAIN)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PATHS), hostile)
def test_no_value_breaks_out_of_its_place(at: tuple[str, ...], text: str) -> None:
    """No line appears, vanishes or moves in any file; a value that would do that is refused with a code."""
    try:
        files = rendered(put(PLAIN, at, text))
    except RenderError:
        return

    for name in ("asterisk", "modules", "rtp", "logger", "cel"):
        assert shape(files, name) == shape(GOOD, name)
    # Without a trunk's address there is no trunk, and without an extension a person has no phone.
    kinds = [[key for _, key in shape(one, "pjsip")] for one in (files, GOOD)]
    assert kinds[0] == kinds[1] or at[0] in {"trunk", "people"}
    applications = {line.split("(")[0].rpartition(",")[2] for _, _, line in read_asterisk(_dialplan(files)) if line}
    known = {"Goto", "Dial", "Hangup", "Set", "GotoIf", "ExecIf", "EAGI", "Log", "CELGenUserEvent", "Playback", "yes"}
    assert applications <= known
    assert programs(files) == programs(GOOD)
    assert tomllib.loads(files["etc/script.toml"].text)


def _dialplan(files: dict[str, Rendered]) -> str:
    return files["etc/asterisk/extensions.conf"].text


def test_the_hostile_values_reach_every_section() -> None:
    """The property above looks at all sections that hold texts, the people among them."""
    named = {"agent", "calls", "turns", "sip", "trunk", "people", "look_ups", "deploy", "log"}
    assert {at[0] for at in PATHS} == named
