"""The calls that engines carry on a machine: every limit, the tightest first."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voicectl.planner.cpu_capacity import cpu_limits
from voicectl.planner.gpu_capacity import memory_limit, speed_limits
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


def capacity_of(profile: "Profile", engines: "Engines", site: Site, *, asked: int, least: int = 0) -> Capacity | None:
    """The layout that carries the most calls, the simplest of equals.

    Args:
        profile: by which threads are dealt out.
        engines: what is to run.
        site: the machine.
        asked: calls; of layouts that carry equally many, one whose cards hold these.
        least: calls; what carries fewer is not of interest, and not reckoned through.

    Returns:
        None where a card is needed and there is none, or where fewer than `least` calls are carried.
    """
    beside = (rtp_limit(site.config), network_limit(), ram_limit(engines, site.facts, site.fixed_ram_mib))
    if not engines.on_card:
        threads = threads_of(profile, site.facts, speaks=engines.llm is not None)
        found = Capacity(None, in_order((*cpu_limits(engines, threads, site.facts, site.probe), *beside)))
        return found if found.calls >= least else None
    host = (card_host_limit(engines, site.facts), *beside)
    most = min(limit.calls for limit in host)
    if most < least:
        return None
    # Beyond the cores callers wait, and beyond the memory there is no plan: what holds the calls comes first.
    layouts = sorted(placements(engines, site.cards), key=lambda one: not fits(one, engines, asked))
    return _best_of(layouts, engines, host, least)


def _best_of(layouts: list[Placement], engines: "Engines", host: tuple[Limit, ...], least: int) -> Capacity | None:
    """Most layouts are dismissed by one question: do they hold one call more than the best one yet?"""
    most, best = min(limit.calls for limit in host), None
    for one in layouts:
        wanted = least if best is None else best.calls + 1
        if (best is not None and best.calls == most) or (wanted and not fits(one, engines, wanted)):
            continue
        others = in_order((*speed_limits(one, engines), *host))
        if others[0].calls >= wanted:
            best = Capacity(one, in_order((memory_limit(one, engines), *others)))
    return best
