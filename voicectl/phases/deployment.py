"""A deployment, from the first look to the test call: the table of contents of this folder."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from voicectl.catalogue.models import Model
from voicectl.config.sections import Config
from voicectl.errors import CallError, MachineError, ServiceError, VoicectlError
from voicectl.hardware.facts import Facts
from voicectl.models.filling import make_folder
from voicectl.phases.apply import Delivery, stage
from voicectl.phases.change import refuse_local_edits
from voicectl.phases.deploy_folder import LOCK, DeployFolder, unmake
from voicectl.phases.describe import describe
from voicectl.phases.draft import Draft, make_draft
from voicectl.phases.lock import held
from voicectl.phases.manifest import Manifest, note_pending, save_manifest
from voicectl.phases.put_back import put_back
from voicectl.phases.reporter import Reporter
from voicectl.render.places import Places, places_of
from voicectl.runner import Player

_COMMAND: Final = "voicectl deploy"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the operator asked for."""

    config: Config
    plan_file: Path
    dry_run: bool = False
    yes: bool = False
    force: bool = False
    """Write over files that were changed by hand."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Everything through which a deployment looks at the world and changes it."""

    models: Mapping[str, Model]
    is_root: bool
    player: Player
    gather: Callable[[Config, Mapping[str, Model]], Facts]
    fetch: Callable[[Config, tuple[Model, ...], Reporter], tuple[str, ...]]
    until_healthy: Callable[[Mapping[str, str | None], Reporter], None]
    call: Callable[[Places, Path, Reporter], dict[str, Any]]
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Report:
    """What became of it."""

    draft: Draft
    dry_run: bool
    changes: tuple[str, ...] = ()
    gate: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, object]:
        """The body of `voicectl.deploy/1`."""
        change = self.draft.change
        return {
            "ok": True,
            "dry_run": self.dry_run,
            "changed": len(self.changes),
            "changes": list(self.changes),
            "files": [{"path": one.path, "kind": one.kind} for one in change.files],
            "restarts": [{"service": one.service, "kind": one.kind} for one in change.restarts],
            "profile": self.draft.planned.plan.profile,
            "gate": self.gate,
        }


@dataclass(frozen=True)
class Deployment:
    """One run of `voicectl deploy`."""

    order: Order
    machine: Machine
    reporter: Reporter
    places: Places = field(init=False)
    folder: DeployFolder = field(init=False)

    def __post_init__(self) -> None:
        """Work out where everything lies."""
        object.__setattr__(self, "places", places_of(self.order.config))
        object.__setattr__(self, "folder", DeployFolder(self.places.prefix / "deploy"))

    def run(self) -> Report:
        """Carry it out; each step finds out by itself what is already done.

        Raises:
            VoicectlError: it says what to do; running the command again goes on from there.
        """
        with self._locked() as made_for_now:
            draft = self._draft()
            self._show(draft)
            if self.order.dry_run:
                return Report(draft, dry_run=True)
            self._confirm(draft)
            made_for_now.pop_all()
            fetched = self._fetch(draft)
            delivery = draft.delivery(self.places, self.machine.models)
            note_pending(self.folder, draft.files)
            changes = self._apply(delivery)
            gate = self._prove(draft, delivery)
            save_manifest(self.folder, draft.manifest)
            return Report(draft, dry_run=False, changes=(*fetched, *written(draft), *changes), gate=gate)

    @contextmanager
    def _locked(self) -> Iterator[ExitStack]:
        """What it yields takes new folders and locks away again, unless the deployment empties it."""
        if self.order.dry_run:  # it leaves no trace, not even a lock
            yield ExitStack()
            return
        if not self.machine.is_root:
            raise MachineError(
                "E450", _COMMAND, "it makes users and installs packages, which takes root", fix=f"sudo {_COMMAND}"
            )
        if not (self.order.yes or self.folder.path.exists()):  # a first deployment always has something to ask
            self.reporter.ensure_somebody_is_there()
        folders = (*self.folder.make(), *make_folder(self.places.store))
        # Agents may share a store: two of them filling it at once would take each other's half-made parts away.
        locks, since = (self.folder.lock, self.places.store / LOCK), self.machine.now()
        made = (*folders, *(lock for lock in locks if not lock.exists()))
        with held(locks[0], since), held(locks[1], since), ExitStack() as made_for_now:
            made_for_now.callback(unmake, made)
            yield made_for_now

    def _draft(self) -> Draft:
        order, machine = self.order, self.machine
        return make_draft(order.config, order.plan_file, machine.models, machine.gather, self.reporter)

    def _show(self, draft: Draft) -> None:
        for line in describe(draft, in_full=self.order.dry_run):
            self.reporter.say(line)
        if not self.order.force:
            refuse_local_edits(draft.change)

    def _confirm(self, draft: Draft) -> None:
        if draft.is_nothing or self.order.yes:
            return
        if not self.reporter.confirm("Do all this?"):
            raise VoicectlError("E131", _COMMAND, "not confirmed, nothing was changed", fix="run it again")

    def _fetch(self, draft: Draft) -> tuple[str, ...]:
        self.reporter.phase("Models")
        return tuple(f"model {name}" for name in self.machine.fetch(self.order.config, draft.needed, self.reporter))

    def _apply(self, delivery: Delivery) -> tuple[str, ...]:
        self.reporter.phase("Apply")
        with self.folder.workplace() as work:
            return self.machine.player.play("site.yml", stage(delivery, work), work)

    def _prove(self, draft: Draft, delivery: Delivery) -> dict[str, Any]:
        """The agent must answer the phone, or the last good deployment comes back."""
        try:
            self._wait(draft.manifest)
            self.reporter.phase("Test call")
            return self.machine.call(self.places, self.folder.gate, self.reporter)
        except (ServiceError, CallError) as error:
            raise put_back(draft, delivery, self._bring, error, self.reporter) from error

    def _bring(self, manifest: Manifest, delivery: Delivery) -> None:
        self._apply(delivery)
        self._wait(manifest)

    def _wait(self, manifest: Manifest) -> None:
        self.reporter.phase("Wait until every service is ready for calls")
        self.machine.until_healthy(manifest.health, self.reporter)


def written(draft: Draft) -> Iterator[str]:
    """The files that were put in place or deleted; the playbook counts them as one."""
    yield from (f"file {path}" for path in (*draft.change.copied, *draft.change.removed))
