"""What the profile that this machine would get needs of it."""

from voicectl.config.sections import Config
from voicectl.errors import InfeasibleError
from voicectl.hardware.facts import Facts
from voicectl.planner.choose_profile import Profile, choose_profile
from voicectl.planner.components import components_of
from voicectl.planner.fit import SYSTEM_RAM_MIB


def profile_here(config: Config, facts: Facts) -> Profile:
    """The profile that `plan` would choose; the one that is asked for where it cannot be had."""
    try:
        return choose_profile(config, facts, None).profile
    except InfeasibleError:
        return "gpu"  # the one profile that can be refused


def needed_ram_mib(config: Config, facts: Facts) -> int:
    """Main memory for the engines and the system around them."""
    components = components_of(profile_here(config, facts), config.calls.most, facts)
    return SYSTEM_RAM_MIB + sum(one.ram_mib for one in components if one.device == "cpu")


def needed_disk_mib(config: Config, facts: Facts) -> int:
    """Asterisk's root, the environments, the models, and a day's recordings."""
    return {"embedded": 2500, "cpu": 4500, "gpu": 30_000}[profile_here(config, facts)]
