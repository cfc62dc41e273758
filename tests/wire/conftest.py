"""A real agent, deployed by the real CLI beside whatever else runs here: real Asterisk, real weights, real RTP."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire.agent import Agent

# Kept between runs: Asterisk's root, the environments and the models take minutes to make and seconds to check.
STORE = Path(os.environ.get("VOICECTL_TEST_STORE", "/var/tmp/voicectl-test-store"))  # noqa: S108 - must be world-readable
HOME = Path(os.environ.get("VOICECTL_TEST_FOLDER", "/var/tmp/voicectl-test"))  # noqa: S108 - as above
# Two runs at once on one machine need ports of their own.
FIRST_PORT = int(os.environ.get("VOICECTL_TEST_PORT", "15060"))
# The telephone company's server is another loopback address: it needs no password, and writes any header.
TRUNK = '[trunk]\naddress = "127.0.0.2"\nnumber = "+15551230100"\ncountry = "US"\n'


def deployed(name: str, base_port: int, extra: str = "") -> Iterator[Agent]:
    """Deploy an agent on ports of its own, and take it away afterwards."""
    if os.geteuid() != 0:
        pytest.skip("deploying needs root: run `sudo make test`")
    folder = HOME / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = folder / "voicectl.toml"
    config.write_text(
        f"""\
[sip]
port = {base_port}
rtp_first = {base_port + 1000}
rtp_last = {base_port + 1099}
[services]
stt_port = {base_port + 1}
llm_port = {base_port + 2}
tts_port = {base_port + 3}
orchestrator_port = {base_port + 4}
supervisor_port = {base_port + 5}
[deploy]
prefix = "{folder}/agent"
store = "{STORE}"
{extra}""",
        encoding="utf-8",
    )
    agent = Agent(config, folder / "agent")
    try:
        agent.run("deploy", "--yes")
        yield agent
    finally:
        agent.run("stop", "--yes", "--remove")


@pytest.fixture(scope="session")
def agent() -> Iterator[Agent]:
    """The embedded profile: script, tiny Whisper, Piper."""
    yield from deployed("embedded", FIRST_PORT, TRUNK)


@pytest.fixture(scope="session")
def thinking_agent(agent: Agent) -> Iterator[Agent]:  # noqa: ARG001 - what the first one built, the second one shares
    """The cpu profile: a real Ollama behind the script."""
    parcels = f"""\
[look_ups.parcels]
purpose = "Says when a parcel arrives."
url = "http://127.0.0.1:{FIRST_PORT + 190}/"
arguments = ["number"]
"""
    yield from deployed(
        "thinking", FIRST_PORT + 100, f'{TRUNK}[agent]\nprofile = "cpu"\nlanguage_model = true\n{parcels}'
    )


@pytest.fixture(scope="session")
def asterisk_root(agent: Agent) -> Path:  # noqa: ARG001 - the deployment brings it
    """The root file system that Asterisk came in."""
    root = STORE / "asterisk"
    if not root.is_dir():
        pytest.skip("this distribution packages Asterisk; there is no root to look into")
    return root


@pytest.fixture(scope="session")
def models_dir(agent: Agent) -> Path:  # noqa: ARG001 - the deployment brings them
    """The fetched models, a folder each."""
    return STORE / "models"
