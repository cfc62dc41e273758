"""What a profile's usual engines need of main memory, for the doctor."""

from typing import TYPE_CHECKING

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.planner.components import components_of
from voicectl.planner.engines import choose_engines
from voicectl.planner.site_limits import SYSTEM_RAM_MIB
from voicectl.planner.tuning import language_settings
from voicectl.planner.wishes import Profile, Wishes

if TYPE_CHECKING:
    from voicectl.hardware.facts import Facts


def ram_needed_mib(profile: Profile, calls: int, facts: "Facts") -> int:
    """Engines, and the system around them."""
    engines = choose_engines(profile, Wishes(), facts, load_catalogue())
    parallel = language_settings(profile, calls, engines.context_tokens).parallel_answers
    return SYSTEM_RAM_MIB + sum(one.ram_mib for one in components_of(engines, calls, parallel))
