"""An agent as `deploy` has it rendered: the shipped catalogue, a plain machine, passwords that a diff would show."""

from pathlib import Path

from tests.machines.machine import machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.planner.plan import Plan, make_plan
from voicectl.render.exchange import Exchange
from voicectl.render.files import render
from voicectl.render.rendered import Rendered
from voicectl.render.services import Service, services

MODELS = load_models()
GOLDEN = Path(__file__).parent / "golden"
CASES = tuple(sorted(path.name for path in GOLDEN.iterdir() if path.is_dir()))


def case(name: str) -> Config:
    """The configuration of one golden folder."""
    return parse_config((GOLDEN / name / "voicectl.toml").read_text(encoding="utf-8"))


def plan_of(config: Config) -> Plan:
    """A machine without a GPU."""
    return make_plan(config, machine("bare_vm"), MODELS)


def secrets_of(config: Config) -> dict[str, str]:
    """A password for everything that has one."""
    people = [f"person-{person.key}" for person in config.people]
    return {name: f"password-of-{name}" for name in ("phone", "supervisor", *people)}


def rendered(config: Config, exchange: Exchange | None = None) -> dict[str, Rendered]:
    """Every file of this agent."""
    return render(config, plan_of(config), secrets_of(config), MODELS, exchange or Exchange())


def services_of(config: Config) -> tuple[Service, ...]:
    """What runs for this agent."""
    return services(config, plan_of(config), MODELS, rendered(config))
