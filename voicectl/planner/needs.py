"""What a profile's usual engines need of main memory and of the processor, for the doctor."""

from typing import TYPE_CHECKING

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.planner.components import components_of
from voicectl.planner.cpu_capacity import cpu_limits
from voicectl.planner.engines import choose_engines
from voicectl.planner.site_limits import SYSTEM_RAM_MIB, card_host_limit
from voicectl.planner.tuning import language_settings, threads_of
from voicectl.planner.wishes import Profile, Wishes

if TYPE_CHECKING:
    from voicectl.hardware.facts import Facts


def ram_needed_mib(profile: Profile, calls: int, facts: "Facts") -> int:
    """Engines, and the system around them."""
    engines = choose_engines(profile, Wishes(), facts, load_catalogue())
    parallel = language_settings(profile, calls, engines.context_tokens).parallel_answers
    return SYSTEM_RAM_MIB + sum(one.ram_mib for one in components_of(engines, calls, parallel))


def cpu_calls(profile: Profile, facts: "Facts") -> int:
    """The calls that the cores carry."""
    engines = choose_engines(profile, Wishes(), facts, load_catalogue())
    if engines.on_card:
        return card_host_limit(engines, facts).calls
    threads = threads_of(profile, facts, speaks=engines.llm is not None)
    return next(one.calls for one in cpu_limits(engines, threads, facts, None) if one.constraint == "cpu")
