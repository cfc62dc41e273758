"""Whom the dialplan dials, read from the dialplan itself: only what the configuration names, letter by letter."""

import re
from collections import defaultdict

import pytest

from tests.render.agents import CASES, case, rendered
from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.render.asterisk_file import read_asterisk
from voicectl_runtime.orchestrator.band import WIDE, band_of

ALL = pytest.mark.parametrize("name", CASES)


def dialplan(config: Config) -> dict[str, dict[str, list[str]]]:
    """Context -> extension -> its applications in order."""
    contexts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    extension = ""
    for context, key, value in read_asterisk(rendered(config)["etc/asterisk/extensions.conf"].text):
        if key == "exten":
            extension, _, application = value.split(",", 2)
            contexts[context][extension].append(application)
        elif key == "same":
            contexts[context][extension].append(value.split(",", 1)[1])
    return contexts


def applications(config: Config) -> list[str]:
    return [line for extensions in dialplan(config).values() for lines in extensions.values() for line in lines]


@ALL
def test_no_application_that_moves_a_call_takes_a_variable(name: str) -> None:
    """Whatever a caller sends, the legs that can come of it stand in the configuration."""
    for line in applications(case(name)):
        if line.startswith(("Dial(", "Goto(")):
            assert "$" not in line
        if line.startswith("GotoIf("):
            assert "$" not in line.rpartition("?")[2]


@ALL
def test_extensions_are_exact(name: str) -> None:
    """No pattern matches what nobody wrote down."""
    for extensions in dialplan(case(name)).values():
        for extension in extensions:
            assert re.fullmatch(r"\+?[0-9]{2,15}|[a-z][a-z0-9_]+", extension)


def test_the_telephone_company_reaches_the_agent_alone() -> None:
    """From outside, nobody can ring a phone in the house, and nobody can dial out again."""
    contexts = dialplan(case("trunk_and_people"))

    assert contexts["from-trunk"] == {
        "+15551230100": ["Goto(agent,call,1)"],
        "15551230100": ["Goto(agent,call,1)"],
    }


def test_phones_in_the_house_reach_the_agent_and_each_other() -> None:
    """A person's extension rings that person; a number behind the trunk is no extension."""
    contexts = dialplan(case("trunk_and_people"))

    assert set(contexts["from-phone"]) == set(contexts["from-people"]) == {"100", "200", "201"}
    assert contexts["from-phone"]["201"] == ["Dial(PJSIP/person-workshop,60,r)", "Hangup()"]


def test_every_person_is_an_extension_of_their_own() -> None:
    """The agent names a key; the dialplan knows what to dial for it, and goes back to the agent when nobody answers."""
    people = dialplan(case("trunk_and_people"))["people"]

    assert list(people) == ["reception", "workshop", "boss"]
    assert people["boss"] == [
        "Set(VOICECTL_NEXT=)",
        "Dial(PJSIP/+15551239999@sip-trunk,30,r)",
        "Goto(agent,nobody,1)",
    ]


def test_the_bridge_gets_the_call_id_the_caller_the_socket_and_the_reason() -> None:
    """The arguments that the bridge and the orchestrator rely on, in their order."""
    agent = dialplan(case("embedded"))["agent"]

    bridge = "EAGI(/opt/voicectl/bin/eagi-bridge,${CALL_ID},${CALLER},/opt/voicectl/run/orchestrator.sock"
    assert f"{bridge},call${{SOUND}})" in agent["call"]
    assert agent["nobody"][0] == f"{bridge},nobody${{SOUND}})"


def test_no_orchestrator_mistakes_the_sound_that_the_dialplan_asks_for() -> None:
    """Each format is named behind the reason: one that knows it reads it, an older or newer one takes no such call."""
    lines = dialplan(case("embedded"))["agent"]["call"]
    asked = {found[1] for line in lines if (found := re.search(r"Set\(EAGI_AUDIO_FORMAT=(\w+)\)", line))}
    named = {found[1] for line in lines if (found := re.search(r"EAGI_AUDIO_FORMAT.*Set\(SOUND=-(\w+)\)", line))}

    assert asked == named
    assert [band_of(each) for each in asked] == [WIDE]


def test_the_agent_does_not_answer_before_the_record_is_written() -> None:
    """The orchestrator answers; no application before it does."""
    before = dialplan(case("embedded"))["agent"]["call"]

    assert {line.partition("(")[0] for line in before} == {"Set", "ExecIf", "GotoIf", "EAGI", "Goto"}
    assert [line for line in before if line.startswith("ExecIf")] == [
        'ExecIf($["${CHANNEL(audioreadformat)}" = "g722"]?Set(EAGI_AUDIO_FORMAT=slin16))',
        'ExecIf($["${EAGI_AUDIO_FORMAT}" = "slin16"]?Set(SOUND=-slin16))',
        "ExecIf($[${LIVE} < 4]?Set(GROUP()=agent))",
    ]


@pytest.mark.parametrize(("when_full", "callers"), [("busy", 3), ("queue", 6)])
def test_no_more_callers_than_the_operator_wants(when_full: str, callers: int) -> None:
    """One more gets the busy tone; where callers wait for their turn, as many again are let in."""
    agent = dialplan(parse_config(f'[calls]\nmost = 3\nwhen_full = "{when_full}"\n'))["agent"]

    assert f"GotoIf($[${{LIVE}} >= {callers}]?full,1)" in agent["call"]
    assert agent["full"] == ["CELGenUserEvent(busy,${CALL_ID})", "Hangup(17)"]


def test_a_failed_agent_apologises_to_whom_it_had_answered_and_rings_the_first_person() -> None:
    """A caller is never dropped without a word, and one who was not answered can still be sent elsewhere."""
    failed = dialplan(case("trunk_and_people"))["agent"]["failed"]

    assert failed[1:] == [
        "CELGenUserEvent(failed,${CALL_ID})",
        'ExecIf($["${CHANNEL(state)}" = "Up"]?Playback(/opt/voicectl/prompts/apology))',
        "Dial(PJSIP/person-reception,60,r)",
        "Hangup(34)",
    ]


def test_without_people_a_failed_agent_apologises() -> None:
    """There is nobody to ring, and no context for them."""
    contexts = dialplan(parse_config("[people]\n"))

    assert [line.partition("(")[0] for line in contexts["agent"]["failed"]][1:] == [
        "CELGenUserEvent",
        "ExecIf",
        "Hangup",
    ]
    assert set(contexts) == {"from-phone", "agent"}
