"""Where everything of one agent lies on its machine."""

import re
from dataclasses import dataclass
from pathlib import Path

from voicectl.config.sections import Config


@dataclass(frozen=True)
class Places:
    """The paths below the prefix and the store."""

    prefix: Path
    store: Path

    @property
    def instance(self) -> str:
        """A name for this agent that no other agent on the machine has: "opt-voicectl"."""
        return re.sub(r"[^A-Za-z0-9]", "-", str(self.prefix)).strip("-")

    @property
    def etc(self) -> Path:
        """What is rendered."""
        return self.prefix / "etc"

    @property
    def settings(self) -> Path:
        """What the runtime reads."""
        return self.etc / "settings.json"

    @property
    def script(self) -> Path:
        """The questions and answers."""
        return self.etc / "script.toml"

    @property
    def asterisk_conf(self) -> Path:
        """Where Asterisk learns about all its other files."""
        return self.etc / "asterisk" / "asterisk.conf"

    @property
    def asterisk_state(self) -> Path:
        """What Asterisk writes: registrations, and an event for every call."""
        return self.state / "asterisk"

    @property
    def call_events(self) -> Path:
        """Every step of every call, as Asterisk saw it."""
        return self.asterisk_state / "cel-custom" / "calls.csv"

    @property
    def asterisk(self) -> Path:
        """The program that starts Asterisk, or talks to the running one."""
        return self.prefix / "bin" / "asterisk"

    @property
    def bridge(self) -> Path:
        """The program that Asterisk starts for every call."""
        return self.prefix / "bin" / "eagi-bridge"

    @property
    def run(self) -> Path:
        """Sockets."""
        return self.prefix / "run"

    @property
    def orchestrator_socket(self) -> Path:
        """Where the bridge hands calls over: a link to the socket of the newest orchestrator."""
        return self.run / "orchestrator.sock"

    @property
    def supervisor_socket(self) -> Path:
        """Where services are started and stopped."""
        return self.run / "supervisor.sock"

    @property
    def log(self) -> Path:
        """A file a service."""
        return self.prefix / "log"

    @property
    def state(self) -> Path:
        """The record of calls, and what deploy remembers."""
        return self.prefix / "state"

    @property
    def recordings(self) -> Path:
        """Both sides of every call."""
        return self.prefix / "recordings"

    @property
    def prompts(self) -> Path:
        """Sentences that can be played when every engine is down."""
        return self.prefix / "prompts"

    @property
    def chunks(self) -> Path:
        """Speech on its way to a caller; in memory, not on disk."""
        return Path("/dev/shm") / f"voicectl-{self.instance}"  # noqa: S108 - tmpfs is the point

    def secret(self, name: str) -> Path:
        """The file that holds one password."""
        return self.prefix / "secrets" / name

    def model(self, model: str, file: str = "") -> Path:
        """A model's folder, or one file in it."""
        return self.store / "models" / model / file

    def python(self, environment: str) -> Path:
        """The interpreter of one of the services' environments."""
        return self.store / "venvs" / environment / "bin" / "python"

    @property
    def ollama(self) -> Path:
        """The language model's server."""
        return self.store / "ollama" / "bin" / "ollama"

    @property
    def ollama_home(self) -> Path:
        """Where that server keeps its copies of models, and its key."""
        return self.store / "models" / "ollama"

    @property
    def asterisk_root(self) -> Path:
        """The root file system that Asterisk comes in where the distribution has no package."""
        return self.store / "asterisk"


def places_of(config: Config) -> Places:
    """The paths that the operator's choice of folders leads to."""
    return Places(prefix=config.deploy.prefix, store=config.deploy.store)
