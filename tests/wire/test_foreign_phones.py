"""Phones that we did not write register with the test account and call the agent."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.wire.agent import Agent

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

SCENARIOS = Path(__file__).parent / "sipp"


@pytest.fixture
def password(agent: Agent) -> str:
    """The test account's password, where `status --json` says it lies."""
    return Path(agent.document("status")["sip"]["password_file"]).read_text(encoding="utf-8").strip()


def test_sipp_registers_and_calls(agent: Agent, password: str, tmp_path: Path) -> None:
    """SIPp, the field's own tester, goes through a whole call."""
    sip = agent.document("status")["sip"]
    fields = tmp_path / "fields.csv"
    fields.write_text(f"SEQUENTIAL\n[authentication username={sip['username']} password={password}]\n")

    done = subprocess.run(
        [
            *("sipp", f"{sip['address']}:{sip['port']}", "-sf", SCENARIOS / "register_and_call.xml", "-inf", fields),
            *("-s", sip["username"], "-m", "1", "-i", "127.0.0.1", "-timeout", "30s", "-nostdin"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2000:]


def test_baresip_registers_and_calls(agent: Agent, password: str, tmp_path: Path) -> None:
    """baresip, an ordinary softphone, registers and hears the agent."""
    sip = agent.document("status")["sip"]
    voice, spoken = tmp_path / "voice.wav", tmp_path / "spoken.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", "what are your opening hours", "-o", voice], check=True)
    subprocess.run(["sox", voice, "-r", "8000", spoken], check=True)
    (tmp_path / "config").write_text(
        "\n".join(
            [
                "module_path /usr/lib/baresip/modules",
                "module g711.so",
                "module_app account.so",
                "module_app menu.so",
                f"audio_source aufile,{spoken}",
                f"audio_player aufile,{tmp_path / 'heard.wav'}",
                "module aufile.so",
                "sip_listen 127.0.0.1:0",
            ]
        )
        + "\n"
    )
    account = f"<sip:{sip['username']}@{sip['address']}:{sip['port']}>;auth_pass={password};regint=60\n"
    (tmp_path / "accounts").write_text(account)
    target = f"d sip:{sip['extension']}@{sip['address']}:{sip['port']}"

    done = subprocess.run(
        ["baresip", "-f", tmp_path, "-t", "8", "-e", target],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert re.search(r"200 OK", done.stdout + done.stderr)
    assert re.search(r"[Cc]all established", done.stdout + done.stderr), done.stdout[-3000:] + done.stderr[-3000:]
