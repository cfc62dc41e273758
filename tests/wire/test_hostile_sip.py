"""What a caller writes into SIP headers reaches neither the AGI environment nor the dialplan."""

from collections.abc import Iterator

import pytest

from tests.wire.agent import Agent
from tests.wire.raw_sip import RawCaller, process_ids

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

NUMBER = "+15551230100"
REFUSED = range(400, 700)


@pytest.fixture
def caller(agent: Agent) -> Iterator[RawCaller]:
    """A trunk's peer; whatever it sends, Asterisk lives on and answers the next ordinary call."""
    port = agent.document("status")["sip"]["port"]
    asterisk = process_ids(f"-C {agent.prefix}/etc/asterisk/asterisk.conf -f")
    caller = RawCaller(port, NUMBER)
    yield caller
    assert asterisk == process_ids(f"-C {agent.prefix}/etc/asterisk/asterisk.conf -f")
    assert caller.invite() == 200


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b"<sip:555%0aagi_x%3a%20y@127.0.0.2>", id="newline in the number"),
        pytest.param(b"<sip:555%0a%0a200%20result=1@127.0.0.2>", id="the environment ended early"),
        pytest.param(b"<sip:555%0d%0aX@127.0.0.2>", id="carriage return"),
        pytest.param(b"<sip:555%1b%5b2J@127.0.0.2>", id="terminal control"),
    ],
)
def test_control_characters_in_from_are_refused(agent: Agent, caller: RawCaller, source: bytes) -> None:
    """A newline smuggled into the caller's number or name: refused, logged, and no line of it in the record."""
    before = {row["id"] for row in agent.document("logs", "--calls")["calls"]}

    status = caller.invite(source=source)

    assert status in REFUSED
    after = agent.document("logs", "--calls")["calls"]
    # Rows of calls that were refused, this one's or one's before it, follow within seconds.
    assert [row for row in after if row["id"] not in before and row["ended_by"] != "rejected"] == []


def test_control_characters_in_diversion_are_refused(caller: RawCaller) -> None:
    """The header that says who redirected the call comes through the same gate."""
    assert caller.invite(more="Diversion: <sip:555%0aagi_x%3a%20y@127.0.0.2>;reason=unconditional\r\n") in REFUSED


@pytest.mark.parametrize(
    "user",
    ["200&PJSIP/trunk/19005551234", "%2b15551230100%0aagi_x%3a%20y", "s", "call", "reception", "900", "100,1"],
)
def test_only_the_agents_own_number_can_be_dialled(caller: RawCaller, user: str) -> None:
    """No pattern, no person, no second leg: everything but the number itself is unknown."""
    assert caller.invite(user=user) == 404


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(b'"' + b"A" * 250 + b'" <sip:5551234@127.0.0.2>', id="a long name"),
        pytest.param(b"<sip:" + b"5" * 4000 + b"@127.0.0.2>", id="a long number"),
        pytest.param(b'"\xff\xfe\xc3" <sip:5551234@127.0.0.2>', id="not UTF-8"),
        pytest.param(b'"${SHELL(id)}" <sip:5551234@127.0.0.2>', id="dialplan code"),
        pytest.param(b'"\xe2\x80\xae" <sip:5551234@127.0.0.2>', id="bidirectional control"),
    ],
)
def test_odd_names_are_answered_or_refused_and_do_no_harm(caller: RawCaller, source: bytes) -> None:
    """Long, broken and clever names get a defined answer."""
    assert caller.invite(source=source) in {200, *REFUSED}


def test_stranger_is_asked_for_a_password(agent: Agent) -> None:
    """An address that is not the trunk's gets 401, whatever it calls itself."""
    port = agent.document("status")["sip"]["port"]

    for name in (b"<sip:phone@127.0.0.3>", b"<sip:trunk@127.0.0.3>", b"<sip:anonymous@anonymous.invalid>"):
        assert RawCaller(port, NUMBER, address="127.0.0.3").invite(source=name) == 401
