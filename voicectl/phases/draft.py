"""What this deployment would make of the machine: worked out and compared, with nothing touched yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from voicectl.catalogue.models import Model
from voicectl.config.sections import Config
from voicectl.doctor.fixes import Tuning, tuning_for
from voicectl.hardware.facts import Facts
from voicectl.models.needed import needed_models
from voicectl.phases.apply import Delivery, language_model
from voicectl.phases.change import Change, compare
from voicectl.phases.check_script import check_script
from voicectl.phases.deploy_folder import DeployFolder
from voicectl.phases.environments import Environment, environments
from voicectl.phases.fetch_models import missing_models
from voicectl.phases.manifest import Manifest, manifest_of, read_manifest, read_pending
from voicectl.phases.read_plan import Planned, read_or_make_plan
from voicectl.phases.reporter import Reporter
from voicectl.phases.secrets import read_or_make_secrets, secret_files
from voicectl.render.files import render
from voicectl.render.places import Places, places_of
from voicectl.render.rendered import Rendered
from voicectl.render.services import Service, services


@dataclass(frozen=True)
class Draft:
    """Everything that is known before the operator is asked."""

    planned: Planned
    needed: tuple[Model, ...]
    missing: tuple[Model, ...]
    """Models that will have to be fetched."""
    files: Mapping[str, Rendered]
    services: tuple[Service, ...]
    environments: tuple[Environment, ...]
    stale: tuple[Environment, ...]
    """Environments that will have to be made."""
    previous: Manifest
    change: Change
    drain_s: int
    tuning: Tuning
    """Settings of the machine that are not as they should be yet."""

    @property
    def is_nothing(self) -> bool:
        """True where the machine already is as it should be."""
        return self.change.is_nothing and not self.missing and not self.stale and not self.tuning.steps

    @property
    def manifest(self) -> Manifest:
        """What will be remembered once the test call went well."""
        return manifest_of(self.files, self.services, self.planned.plan.profile)

    def delivery(self, places: Places, models: Mapping[str, Model]) -> Delivery:
        """What the playbook gets."""
        return Delivery(
            places=places,
            files=self.files,
            copied=self.change.copied,
            removed=self.change.removed,
            environments=self.environments,
            asterisk=self.planned.asterisk,
            language_model=language_model(self.files, models, places, self.planned.plan.threads.llm),
            restarting=tuple(one.service for one in self.change.restarts if one.kind != "new"),
            drain_s=self.drain_s,
            tuning=self.tuning,
        )


def make_draft(
    config: Config,
    plan_file: Path,
    models: Mapping[str, Model],
    gather: Callable[[Config, Mapping[str, Model]], Facts],
    reporter: Reporter,
) -> Draft:
    """Plan, render and compare.

    Raises:
        StalePlanError: the plan file is for another machine or other wishes.
        ConfigError: the operator's script could not work.
        RenderError: a file would not mean what it should.
    """
    places, folder = places_of(config), DeployFolder(config.deploy.prefix / "deploy")
    reporter.phase("Plan")
    facts = gather(config, models)
    planned = read_or_make_plan(config, models, facts, plan_file)
    reporter.say(f"  {planned.plan.profile}: {planned.plan.reason}")
    for warning in planned.plan.warnings:
        reporter.say(f"  warning: {warning}")
    needed = needed_models(planned.plan, models)

    reporter.phase("Render and compare")
    passwords = read_or_make_secrets(config)
    rendered = render(config, planned.plan, passwords, models, planned.exchange)
    check_script(config)
    running = services(config, planned.plan, models, rendered)
    files = {**rendered, **secret_files(passwords)}
    wanted, previous = environments(), read_manifest(folder)
    return Draft(
        planned=planned,
        needed=needed,
        missing=missing_models(config, needed),
        files=files,
        services=running,
        environments=wanted,
        stale=tuple(one for one in wanted if not one.is_made(places.store / "venvs")),
        previous=previous,
        change=compare(places.prefix, files, running, previous, read_pending(folder)),
        drain_s=config.calls.drain_s,
        tuning=tuning_for(config, facts),
    )
