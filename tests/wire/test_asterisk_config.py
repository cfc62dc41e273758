"""The real Asterisk judges the files that were rendered for it, one golden configuration after the other."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.render.agents import CASES, case, rendered
from voicectl.config.sections import Config
from voicectl.render.asterisk_file import read_asterisk
from voicectl.render.inside import ensure_inside
from voicectl.render.places import places_of

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

NOBODY = 65534
# Asterisk adds these by itself to what modules.conf names: parts of its core, which have no file.
FROM_A_FILE = re.compile(r"^(\S+\.so) .*\bRunning\b", re.MULTILINE)


@dataclass(frozen=True)
class Running:
    """An Asterisk on the files of one golden configuration."""

    config: Config
    log: Path

    def answer(self, command: str) -> str:
        """What its console says."""
        argv = [str(places_of(self.config).asterisk), "-rx", command]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=CASES)
def running(request: pytest.FixtureRequest, asterisk_root: Path) -> Iterator[Running]:
    """Asterisk, started by nobody in particular, as Supervisor would start it."""
    folder = Path(tempfile.mkdtemp(prefix="voicectl-asterisk-", dir="/var/tmp"))
    config = _here(case(request.param), folder, asterisk_root)
    places = places_of(config)
    _write(config, folder)
    log = folder / "asterisk.log"
    argv = [str(places.asterisk), "-f"]
    if os.geteuid() == 0:
        argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *argv]
    with log.open("wb") as output:
        environment = {"HOME": str(places.asterisk_state), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen(argv, stdout=output, stderr=output, env=environment, cwd="/")
    try:
        _wait_until_ready(process, log)
        yield Running(config, log)
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


def _here(config: Config, folder: Path, asterisk_root: Path) -> Config:
    """The same configuration on a free port of this machine, and with its folders where a test may write."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return replace(
        config,
        sip=replace(config.sip, address="127.0.0.1", port=port),
        deploy=replace(config.deploy, prefix=folder, store=asterisk_root.parent),
    )


def _write(config: Config, folder: Path) -> None:
    folder.chmod(0o755)
    for target, file in rendered(config).items():
        path = ensure_inside(folder, target)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
        path.chmod(file.mode | 0o044)
    for name in ("run", "state/asterisk/cel-custom"):
        (folder / name).mkdir(parents=True)
    if os.geteuid() == 0:
        for path in (folder / "run", folder / "state", *(folder / "state").rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while "Asterisk Ready." not in log.read_text(errors="replace"):
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < until, log.read_text(errors="replace")
        time.sleep(0.1)


def test_asterisk_starts_without_a_complaint(running: Running) -> None:
    """No file is missing, no option unknown, no module unable to load: a warning later means something."""
    complaints = [line for line in running.log.read_text().splitlines() if re.search(r"WARNING|ERROR", line)]

    assert complaints == []


def test_asterisk_understood_what_was_meant(running: Running) -> None:
    """Address, accounts, codecs, limits and switches, as Asterisk itself reports them."""
    config = running.config

    assert f"{config.sip.address}:{config.sip.port}" in running.answer("pjsip show transports")
    settings = running.answer("core show settings")
    options = {key: value for _, key, value in read_asterisk(rendered(config)["etc/asterisk/asterisk.conf"].text)}
    assert int(options["maxcalls"]) > config.calls.most
    assert re.search(rf"Maximum calls: +{options['maxcalls']} ", settings)
    assert re.search(r"Shell on remote consoles: +Disabled", settings)
    assert re.search(r"Manager \(AMI\): +Disabled", settings)
    phone = running.answer(f"pjsip show endpoint {config.sip.username}")
    assert re.search(rf"allow +: \({'|'.join(config.sip.codecs)}\)", phone)
    assert re.search(r"rtp_timeout +: 30", phone)
    endpoints = set(re.findall(r"^ Endpoint: +([a-z_-]+) ", running.answer("pjsip show endpoints"), re.MULTILINE))
    people = {f"person-{person.key}" for person in config.people if person.extension}
    trunk = {"sip-trunk"} if config.trunk.address else set()
    assert endpoints == {config.sip.username} | people | trunk


def test_asterisk_loads_nothing_that_was_not_asked_for(running: Running) -> None:
    """Every loaded module stands in modules.conf, and every module there runs."""
    text = rendered(running.config)["etc/asterisk/modules.conf"].text
    wanted = {value for _, key, value in read_asterisk(text) if key == "load"}

    assert set(FROM_A_FILE.findall(running.answer("module show"))) == wanted


def test_call_events_are_on(running: Running) -> None:
    """One wrong line would turn them off without a word; so Asterisk is asked, not the file."""
    status = running.answer("cel show status")

    assert "CEL Logging: Enabled" in status
    assert "CEL Event Subscriber: CEL Custom CSV Logging" in status


def test_the_dialplan_is_what_was_rendered(running: Running) -> None:
    """Every line of extensions.conf became a step, with the same arguments."""
    shown = running.answer("dialplan show")
    for _, key, value in read_asterisk(rendered(running.config)["etc/asterisk/extensions.conf"].text):
        if key in {"exten", "same"}:
            application = value.split(",", 2 if key == "exten" else 1)[-1]
            assert application in shown
