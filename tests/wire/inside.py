"""What can be seen of a deployed agent from inside its machine: processes, descriptors, channels, rows."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.wire.agent import Agent
from tests.wire.patience import until
from tests.wire.raw_sip import process_ids

LEAST_SOUND_BYTES = 16_000


@dataclass(frozen=True)
class Inside:
    """One agent's processes and files."""

    agent: Agent

    @cached_property
    def settings(self) -> Any:
        """What the runtime was told."""
        return json.loads((self.agent.prefix / "etc" / "settings.json").read_text(encoding="utf-8"))

    @property
    def port(self) -> int:
        """Where Asterisk takes calls."""
        port: int = self.settings["sip"]["port"]
        return port

    @property
    def bridge(self) -> str:
        """The EAGI bridge's path."""
        return f"{self.agent.prefix}/bin/eagi-bridge"

    @property
    def socket(self) -> Path:
        """Where bridges knock."""
        return Path(self.settings["orchestrator"]["socket"])

    def asterisk(self) -> int:
        """Asterisk's process."""
        return int((self.agent.prefix / "run" / "asterisk.pid").read_text(encoding="ascii"))

    def orchestrator(self) -> int | None:
        """The orchestrator that takes the next call."""
        newest = re.fullmatch(r"orchestrator-(\d+)", self.socket.resolve().stem)
        return int(newest[1]) if newest and int(newest[1]) in self.orchestrators() else None

    def orchestrators(self) -> set[int]:
        """All of them: after an update one may still have calls."""
        return process_ids(f"voicectl_runtime.orchestrator --settings {self.agent.prefix}/")

    def keepers(self) -> set[int]:
        """The processes that watch them."""
        return process_ids(f"voicectl_runtime.orchestrator.keeper --settings {self.agent.prefix}/")

    def bridges(self) -> set[int]:
        """All EAGI processes of this agent, whatever their script is."""
        return process_ids(f" {self.socket} ")

    def zombies(self) -> int:
        """Dead children of Asterisk that it has not noticed."""
        found = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, parent = path.read_text(errors="replace").rpartition(")")[2].split()[:2]
            except OSError:  # gone meanwhile
                continue
            found += state == "Z" and int(parent) == self.asterisk()
        return found

    def calls(self) -> int | None:
        """How many calls the orchestrator has; None while it takes none."""
        try:
            address = f"http://127.0.0.1:{self.settings['orchestrator']['health_port']}/health"
            with urllib.request.urlopen(address, timeout=5) as answer:
                calls: int = json.load(answer)["calls"]
                return calls
        except (urllib.error.URLError, OSError):
            return None

    def channels(self) -> int:
        """How many channels Asterisk has."""
        count = re.search(r"(\d+) active channel", self.agent.asterisk("core show channels count"))
        return int(count[1]) if count else -1

    def descriptors(self) -> int:
        """How many descriptors the orchestrator has open; kept connections to engines come and go, and don't count."""
        tcp = set(re.findall(r"^(?:\s*\S+){9}\s+(\d+)", Path("/proc/net/tcp").read_text(), re.MULTILINE))
        count = 0
        for path in Path(f"/proc/{self.orchestrator()}/fd").iterdir():
            try:
                kept = re.fullmatch(r"socket:\[(\d+)\]", str(path.readlink()))
            except OSError:  # closed meanwhile
                continue
            count += not (kept and kept[1] in tcp)
        return count

    def sounds(self) -> list[Path]:
        """Folders of calls in tmpfs."""
        return list(Path(self.settings["paths"]["chunks"]).glob("*/*"))

    @property
    def record(self) -> Path:
        """The file of all calls."""
        return Path(self.settings["paths"]["state"]) / "calls.db"

    def rows(self, statement: str, *values: object) -> list[Any]:
        """What the record says."""
        with closing(sqlite3.connect(f"file:{self.record}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(statement, values).fetchall()

    def row(self, sip_call_id: str) -> Any:
        """The call's row, or None."""
        return next(iter(self.rows("SELECT * FROM calls WHERE sip_call_id = ?", sip_call_id)), None)

    def closed_row(self, sip_call_id: str, within_s: float = 5.0) -> Any:
        """The call's row once it has an end."""
        return until(
            lambda: (row := self.row(sip_call_id)) and row["ended"] and row, within_s, f"{sip_call_id} has ended"
        )

    def said(self, pcm: bytes) -> str:
        """What the product's own recogniser understands in 8 kHz samples."""
        address = f"{self.settings['stt'][0]['url']}/v1/audio/raw?sample_rate=8000&window=full"
        if len(pcm) < LEAST_SOUND_BYTES:
            return ""
        kind = {"Content-Type": "application/octet-stream"}
        request = urllib.request.Request(address, pcm, kind)  # noqa: S310 - the agent's own service on loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
            text: str = json.load(answer)["text"]
            return text.lower()

    def supervise(self, order: str, program: str) -> None:
        """Start or stop a service, as its operator does."""
        control = (
            Path(self.settings["stt"][0]["model_dir"]).parents[1] / "venvs" / "supervisor" / "bin" / "supervisorctl"
        )
        argv = [str(control), "-c", str(self.agent.prefix / "etc" / "supervisord.conf"), order, program]
        subprocess.run(argv, check=True, capture_output=True)

    def wait_until_ready(self, within_s: float = 60.0) -> None:
        """Calls are taken, and there are none."""
        until(lambda: self.calls() == 0, within_s, "the orchestrator takes calls", every_s=0.1)

    def wait_until_quiet(self, within_s: float = 10.0) -> None:
        """No trace of any call."""
        until(self.is_quiet, within_s, "no call is left")

    def is_quiet(self) -> bool:
        """Whether there is no trace of any call; what is asked first costs least."""
        return not (self.bridges() or self.sounds() or self.channels() or self.calls())

    def place_script(self, name: str, source: str) -> Path:
        """An EAGI script that Asterisk's user may run."""
        path = self.agent.prefix.parent / name
        path.write_text(f"#!/usr/bin/python3\n{source}", encoding="utf-8")
        path.chmod(0o755)
        return path

    @contextmanager
    def dialling(self, number: str, script: Path | str, socket: Path | None = None) -> Iterator[str]:
        """A number of the trunk's whose EAGI script is another; what follows it is the product's own dialplan."""
        eagi = f"EAGI({script},${{CHANNEL(pjsip,call-id)}},,{socket or self.socket},call)"
        self.agent.asterisk(f"dialplan add extension {number},1,{eagi} into from-trunk")
        self.agent.asterisk(f"dialplan add extension {number},2,Goto(agent,after,1) into from-trunk")
        try:
            yield number
        finally:
            self.agent.asterisk(f"dialplan remove extension {number}@from-trunk")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The orchestrator lives, and does nothing; neither does its keeper, which would kill it for that."""
        processes = (*self.keepers(), self.orchestrator() or 0)
        assert all(processes)
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(processes):
                os.kill(process, signal.SIGCONT)


def hears_apology(inside: Inside, sound: Callable[[], bytes]) -> None:
    """What the caller hears is the sentence that needs no service to be alive."""
    until(lambda: "went wrong" in inside.said(sound()), 10, "the apology was understood", every_s=0.5)
