"""The promise of the product: a bare machine answers the phone, rightly, and everything about it can be read back."""

import json
import re
import wave
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.wire.agent import Agent

pytestmark = pytest.mark.wire

HOURS = "From Monday to Friday we open at eight in the morning, and we close at six in the evening."


@pytest.fixture(scope="module")
def call(agent: Agent) -> Any:
    """One conversation: a question of the script, one in other words, one beyond it."""
    return agent.document(
        *("call", "what are your opening hours", "until what time can I come to you", "how do volcanoes erupt"),
        *("--expect", HOURS, "--expect", HOURS, "--expect", "I did not understand that"),
    )


def test_second_deploy_changes_nothing(agent: Agent) -> None:
    """Deploying twice changes nothing the second time, and the test call is still placed."""
    document = agent.document("deploy", "--yes")

    assert (document["schema"], document["changed"], document["changes"]) == ("voicectl.deploy/1", 0, [])
    assert document["gate"]["answered"]


def test_dry_run_after_deploy_finds_nothing_to_do(agent: Agent) -> None:
    """The preview of a deployed configuration is empty, and it writes nothing."""
    before = sorted((path, path.stat().st_mtime_ns) for path in (agent.prefix / "etc").rglob("*"))

    document = agent.document("deploy", "--dry-run")

    assert document["changed"] == 0
    assert before == sorted((path, path.stat().st_mtime_ns) for path in (agent.prefix / "etc").rglob("*"))


def test_every_answer_was_heard_and_right(call: Any) -> None:
    """What the agent said, recognised again from the recording, is what the script says."""
    assert call["answered"]
    assert [turn["right"] for turn in call["turns"]] == [True, True, True]


def test_first_sentence_says_that_a_machine_speaks(call: Any) -> None:
    """The disclosure is in the greeting, by default."""
    assert re.search(r"automat|machine|computer|assistant|artificial", call["greeting"]["heard"], re.IGNORECASE)


def test_turns_carry_the_measurement(call: Any) -> None:
    """Each turn has the contract's fields, measured on packets."""
    for turn in call["turns"]:
        assert {"said", "heard", "voice_to_voice_ms", "agent_audio_ms"} <= set(turn)
        assert 0 < turn["voice_to_voice_ms"] < turn["agent_audio_ms"] + 5000


def test_recording_holds_both_sides(call: Any) -> None:
    """The phone's recording is a stereo WAV in which both sides were loud."""
    import numpy as np  # noqa: PLC0415 - this test alone looks into samples

    with wave.open(call["recording"]) as recording:
        samples = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2").reshape(-1, 2)

    assert (np.abs(samples).max(axis=0) > 2000).all()


def test_timeline_of_a_turn_is_in_order(call: Any) -> None:
    """What the agent wrote down and what the phone measured fit on one clock."""
    for turn in call["turns"]:
        at_ms = turn["timeline_ms"]
        order = [at_ms[name] for name in ("caller_stopped", "turn_committed", "first_audio_sent", "first_audio_heard")]
        assert all(early < late + 1 for early, late in pairwise(order)), at_ms
        assert at_ms["words_recognised"] <= at_ms["answer_chosen"] <= at_ms["first_audio_sent"]


def test_record_knows_the_call(agent: Agent, call: Any) -> None:
    """`logs --calls` lists it newest first, closed, with its turns."""
    calls = agent.document("logs", "--calls")["calls"]

    assert calls == sorted(calls, key=lambda row: row["started"], reverse=True)
    mine = next(row for row in calls if row["turns"] == len(call["turns"]))
    assert mine["ended_by"] == "caller"
    assert mine["ended"] > mine["started"]


def test_one_call_is_shown_as_a_timeline(agent: Agent, call: Any) -> None:  # noqa: ARG001 - the call must have been placed
    """`logs --call ID` tells the conversation."""
    newest = agent.document("logs", "--calls")["calls"][0]["id"]

    assert "Monday to Friday" in agent.run("logs", "--call", newest).stdout


def test_status_keeps_its_contract(agent: Agent) -> None:
    """Services and the way to reach the agent are there for whoever asks."""
    status = agent.document("status")

    assert status["schema"] == "voicectl.status/1"
    assert {"asterisk-pbx", "stt-service", "tts-service", "orchestrator"} <= {s["name"] for s in status["services"]}
    for service in status["services"]:
        assert {"name", "state", "pid", "uptime_s", "restarts"} <= set(service)
        assert service["state"] == "RUNNING"
    sip = status["sip"]
    assert {"address", "port", "transport", "extension", "username", "password_file", "codecs"} <= set(sip)
    assert Path(sip["password_file"]).stat().st_mode & 0o777 == 0o600


def test_asterisk_binds_only_where_told(agent: Agent) -> None:
    """No listener of the PBX on any other address, and no anonymous endpoint."""
    transports = agent.asterisk("pjsip show transports")
    endpoints = agent.asterisk("pjsip show endpoints")

    assert set(re.findall(r"(\d+\.\d+\.\d+\.\d+):\d+", transports)) == {"127.0.0.1"}
    assert "anonymous" not in endpoints


def test_logs_are_json_with_the_call_and_without_what_was_said(agent: Agent, call: Any) -> None:  # noqa: ARG001
    """One object a line, the call id everywhere, and no word of the caller below DEBUG."""
    lines = [json.loads(line) for line in (agent.prefix / "log" / "orchestrator.log").read_text().splitlines()]

    assert any(line["call"] for line in lines)
    assert "volcano" not in json.dumps(lines)


def test_secrets_stand_in_no_log_and_no_process_list(agent: Agent) -> None:
    """The generated password of the phone is in its own file and in Asterisk's, nowhere else."""
    password = (agent.prefix / "secrets" / "phone").read_text().strip()
    readable = [path for path in (agent.prefix / "log").rglob("*") if path.is_file()]

    assert not [path for path in readable if password.encode() in path.read_bytes()]
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if password.encode() in read_or_nothing(path)]
    for path in (agent.prefix / "etc").rglob("*"):
        if path.is_file() and password.encode() in path.read_bytes():
            assert path.stat().st_mode & 0o007 == 0


def read_or_nothing(path: Path) -> bytes:
    """A process may be gone by the time that it is looked at."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
