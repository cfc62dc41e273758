"""What the profile that this machine would get needs of it."""

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.models import load_models
from voicectl.config.sections import Config
from voicectl.hardware.facts import Facts
from voicectl.planner.choose_profile import choose_profile
from voicectl.planner.draft import Question
from voicectl.planner.measured import Measured
from voicectl.planner.needs import cpu_calls, ram_needed_mib
from voicectl.planner.wishes import Profile, Wishes


def profile_here(config: Config, facts: Facts) -> Profile:
    """The profile that `plan` would choose."""
    question = Question(config, facts, load_models(), load_catalogue(), Wishes(), Measured())
    return choose_profile(question).draft.profile


def needed_ram_mib(config: Config, facts: Facts) -> int:
    """Main memory for the engines and the system around them."""
    return ram_needed_mib(profile_here(config, facts), config.calls.most, facts)


def calls_of_cores(config: Config, facts: Facts) -> int:
    """The calls that the processor carries with that profile's engines: the plan's own figure."""
    return cpu_calls(profile_here(config, facts), facts)


def needed_disk_mib(config: Config, facts: Facts) -> int:
    """Asterisk's root, the environments, the models, and a day's recordings."""
    return {"embedded": 2500, "cpu": 4500, "gpu": 30_000}[profile_here(config, facts)]
