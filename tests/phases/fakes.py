"""A machine that takes notes: no Ansible, no services, no phone; files are put in place as the playbook would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.machines.machine import machine
from voicectl.catalogue.models import Model, load_models
from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.errors import UsageError, VoicectlError
from voicectl.hardware.facts import Facts
from voicectl.phases.deployment import Deployment, Machine, Order
from voicectl.phases.reporter import Reporter
from voicectl.render.places import Places

PASSED = {"ok": True, "answered": True, "turns": [{"said": "when", "heard": "now", "right": True}]}


@dataclass
class Notes:
    """A reporter that nobody watches."""

    lines: list[str] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)
    answer: bool | None = None
    """What the operator says; None where there is nobody."""
    on_say: Callable[[str], None] = lambda _message: None

    def phase(self, title: str) -> None:
        """Note a phase."""
        self.phases.append(title)

    def say(self, message: str) -> None:
        """Note a line."""
        self.lines.append(message)
        self.on_say(message)

    def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """Note how far a download is."""
        self.lines.append(f"{what} {done_bytes}/{total_bytes}")

    def ensure_somebody_is_there(self) -> None:
        """Nobody is."""
        if self.answer is None:
            raise UsageError("E107", "voicectl deploy", "nobody to ask", fix="--yes")

    def confirm(self, question: str) -> bool:
        """Answer for the operator."""
        self.ensure_somebody_is_there()
        self.lines.append(question)
        return bool(self.answer)

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(self.lines)


@dataclass
class Player:
    """Copies what it is told to copy, and remembers everything else."""

    played: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    error: VoicectlError | None = None

    def play(self, playbook: str, variables: Mapping[str, Any], work: Path) -> tuple[str, ...]:
        """Do what `site.yml` does to the files and the environments' marks."""
        assert (work.stat().st_mode & 0o777) == 0o700
        self.played.append((playbook, dict(variables)))
        if self.error:
            raise self.error
        for order in variables["voicectl_files_changed"]:
            self._put(Path(variables["voicectl_staging"]), Path(variables["voicectl_prefix"]), order)
        for path in variables["voicectl_files_removed"]:
            (Path(variables["voicectl_prefix"]) / path).unlink()
        for one in variables["voicectl_environments"]:
            mark = Path(variables["voicectl_store"]) / "venvs" / one["name"] / ".made-of"
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(f"{one['lock_digest']} {one['runtime_digest']}\n", encoding="ascii")
        return tuple(f"copied {order['path']}" for order in variables["voicectl_files_changed"])

    @staticmethod
    def _put(staging: Path, prefix: Path, order: Mapping[str, str]) -> None:
        target = prefix / order["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((staging / order["path"]).read_text(encoding="utf-8"), encoding="utf-8")
        target.chmod(int(order["mode"], 8))


@dataclass
class World:
    """One operator, one machine."""

    folder: Path
    player: Player = field(default_factory=Player)
    notes: Notes = field(default_factory=Notes)
    fetched: tuple[str, ...] = ()
    fetch_error: VoicectlError | None = None
    sick: VoicectlError | None = None
    calls: list[dict[str, Any] | VoicectlError] = field(default_factory=list)
    """What the coming test calls give; the last one repeats."""
    is_root: bool = True
    store: Path | None = None
    """Where it is not beside the agent."""
    greeting: str = "Hello."
    facts: Facts = field(default_factory=lambda: machine("bare_vm"))

    @property
    def prefix(self) -> Path:
        """The agent's folder."""
        return self.folder / "agent"

    @property
    def config(self) -> Config:
        """The operator's wishes."""
        config = parse_config(f'agent.greeting = "{self.greeting}"')
        return replace(
            config, deploy=replace(config.deploy, prefix=self.prefix, store=self.store or self.folder / "store")
        )

    def deploy(self, **order: bool) -> Any:
        """Run `voicectl deploy` with these options."""
        wish = Order(config=self.config, plan_file=self.folder / "voicectl.plan.json", **order)
        return Deployment(wish, self._machine(), self.notes).run()

    def _machine(self) -> Machine:
        return Machine(
            models=load_models(),
            is_root=self.is_root,
            player=self.player,
            gather=lambda _config, _models: self.facts,
            fetch=self._fetch,
            until_healthy=self._until_healthy,
            call=self._call,
            now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        )

    def _fetch(self, _config: Config, _needed: tuple[Model, ...], _reporter: Reporter) -> tuple[str, ...]:
        if self.fetch_error:
            raise self.fetch_error
        return self.fetched

    def _until_healthy(self, health: Mapping[str, str | None], _reporter: Reporter) -> None:
        assert "orchestrator" in health
        if self.sick:
            raise self.sick

    def _call(self, _places: Places, _recordings: Path, _reporter: Reporter) -> dict[str, Any]:
        outcome = self.calls.pop(0) if len(self.calls) > 1 else (self.calls or [PASSED])[0]
        if isinstance(outcome, VoicectlError):
            raise outcome
        return outcome

    def fetch_all(self) -> None:
        """Put files of the right length where the models belong."""
        for model in load_models().values():
            for file in model.files:
                path = self.config.deploy.store / "models" / model.id / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as stream:
                    stream.truncate(file.bytes)


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a folder: name, mode, time and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        content = path.read_bytes() if path.is_file() and seen.st_size < 1 << 20 else b""
        found[str(path.relative_to(folder))] = (seen.st_mode, seen.st_mtime_ns, content)
    return found
