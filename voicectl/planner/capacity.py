"""The calls that engines carry on a machine: every limit, the tightest first."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voicectl.planner.cpu_capacity import cpu_limits
from voicectl.planner.gpu_capacity import gpu_limits
from voicectl.planner.limits import Limit, in_order
from voicectl.planner.placement import Placement, fits, placements
from voicectl.planner.site_limits import card_host_limit, network_limit, ram_limit, rtp_limit
from voicectl.planner.tuning import threads_of

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts
    from voicectl.planner.cards import Card
    from voicectl.planner.engines import Engines
    from voicectl.planner.measured import Probe
    from voicectl.planner.wishes import Profile


@dataclass(frozen=True)
class Capacity:
    """What one layout carries."""

    placement: Placement | None
    """None: nothing is on a card."""
    limits: tuple[Limit, ...]
    """The tightest first."""

    @property
    def calls(self) -> int:
        """The most calls."""
        return self.limits[0].calls

    def of(self, constraint: str) -> int:
        """The most calls that one resource carries."""
        return next(limit.calls for limit in self.limits if limit.constraint == constraint)


@dataclass(frozen=True)
class Site:
    """A machine as capacity sees it."""

    config: "Config"
    facts: "Facts"
    cards: "tuple[Card, ...]"
    fixed_ram_mib: int
    """Of everything but the voice."""
    probe: "Probe | None" = None
    """Of the engines on this very processor."""

    def with_cards(self, cards: "tuple[Card, ...]") -> "Site":
        """The same machine with other cards."""
        return replace(self, cards=cards)


def capacity_of(profile: "Profile", engines: "Engines", site: Site) -> Capacity | None:
    """The layout that carries the most calls, the simplest of equals; None where there is no card and one is needed."""
    beside = (rtp_limit(site.config), network_limit(), ram_limit(engines, site.facts, site.fixed_ram_mib))
    if not engines.on_card:
        threads = threads_of(profile, site.facts, speaks=engines.llm is not None)
        return Capacity(None, in_order((*cpu_limits(engines, threads, site.facts, site.probe), *beside)))
    best: Capacity | None = None
    for one in placements(engines, site.cards):
        if best is not None and not fits(one, engines, best.calls + 1):
            continue  # it cannot carry more; asking only this makes eight different cards a matter of milliseconds
        found = Capacity(one, in_order((*gpu_limits(one, engines), card_host_limit(engines, site.facts), *beside)))
        if best is None or found.calls > best.calls:
            best = found
    return best
