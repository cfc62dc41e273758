"""What a machine of one's own costs against a service by the minute or by the call, and from which volume it pays."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.gpu_names import find_gpu

if TYPE_CHECKING:
    from voicectl.catalogue.catalogue import Catalogue
    from voicectl.catalogue.prices import Prices

_YEARS: Final = (1, 2, 3, 4, 5)
_MONTHS: Final = 12
_HOURS_A_YEAR: Final = 8760
_SAVES_MOST: Final = 0.6


@dataclass(frozen=True)
class Volume:
    """What the operator says of the site; None: the catalogue's price, or what the plan's cards cost and draw."""

    minutes_a_month: int
    hardware: float | None = None
    a_kwh: float | None = None


@dataclass(frozen=True)
class CostYear:
    """All that was paid until the end of a year, in dollars."""

    years: int
    self_hosted: float
    by_the_minute: float
    by_the_call: float


@dataclass(frozen=True)
class BreakEven:
    """The volume above which one's own machine is cheaper than the service by the minute."""

    years: int
    minutes_a_month: int
    arithmetic: str
    without_power: int
    """The same before power, as the seed reckons."""
    at_ten_percent: int
    """Before power, with the upkeep of the seed's footnote."""


@dataclass(frozen=True)
class Correction:
    """A figure of the seed's cost table that does not follow from its others."""

    claim: str
    but: str


@dataclass(frozen=True)
class Cost:
    """Self-hosted against the cloud, in dollars."""

    minutes_a_month: int
    calls_a_month: int
    hardware: float
    depreciation_a_year: float
    """The hardware over three years: in the sums it is paid at once."""
    upkeep_a_year: float
    kwh_a_year: float
    a_kwh: float
    power_a_year: float
    load: float
    a_minute: float
    a_call: float
    years: tuple[CostYear, ...]
    break_even: tuple[BreakEven, ...]
    seed: tuple[Correction, ...]
    assumptions: tuple[str, ...]


def cost_of_cards(volume: Volume, catalogue: "Catalogue", names: tuple[str, ...]) -> Cost:
    """The comparison for a machine with these cards; one that the catalogue does not know has no price there."""
    rows = [row for name in names if (row := find_gpu(name, catalogue.gpus))]
    return cost_of(volume, catalogue.prices, sum(row.price for row in rows), sum(row.watts for row in rows))


def cost_of(volume: Volume, prices: "Prices", cards_price: float, cards_watts: int) -> Cost:
    """The comparison for that volume.

    Args:
        volume: minutes a month, and what the operator knows better than the catalogue.
        prices: the catalogue's.
        cards_price: of the plan's cards; 0 where it has none, or where their price is not known.
        cards_watts: their greatest draw.
    """
    own, power = prices.self_hosted, prices.power
    hardware = volume.hardware if volume.hardware is not None else cards_price or own.hardware
    upkeep = hardware * own.upkeep_a_year / own.hardware
    a_kwh = power.a_kwh if volume.a_kwh is None else volume.a_kwh
    kwh = (cards_watts + power.base_watts) * power.load * _HOURS_A_YEAR / 1000
    calls = round(volume.minutes_a_month / prices.call.minutes)
    each_year = upkeep + kwh * a_kwh
    return Cost(
        minutes_a_month=volume.minutes_a_month,
        calls_a_month=calls,
        hardware=round(hardware, 2),
        depreciation_a_year=round(hardware / own.depreciation_years, 2),
        upkeep_a_year=round(upkeep, 2),
        kwh_a_year=round(kwh, 1),
        a_kwh=a_kwh,
        power_a_year=round(kwh * a_kwh, 2),
        load=power.load,
        a_minute=prices.cloud.a_minute,
        a_call=prices.cloud.a_call,
        years=tuple(
            CostYear(
                years,
                round(hardware + years * each_year, 2),
                round(years * _MONTHS * volume.minutes_a_month * prices.cloud.a_minute, 2),
                round(years * _MONTHS * calls * prices.cloud.a_call, 2),
            )
            for years in _YEARS
        ),
        break_even=tuple(_break_even(years, hardware, upkeep, kwh * a_kwh, prices.cloud.a_minute) for years in _YEARS),
        seed=_corrections(prices),
        assumptions=(own.source, prices.cloud.source, prices.call.source, power.source),
    )


def _break_even(years: int, hardware: float, upkeep: float, power: float, a_minute: float) -> BreakEven:
    def minutes(each_year: float) -> int:
        return round((hardware + years * each_year) / (a_minute * _MONTHS * years))

    found = minutes(upkeep + power)
    arithmetic = (
        f"({hardware:,.0f} + {years} x ({upkeep:,.0f} upkeep + {power:,.0f} power)) / ({a_minute} a minute x "
        f"{_MONTHS * years} months) = {found:,} minutes a month"
    )
    return BreakEven(years, found, arithmetic, minutes(upkeep), minutes(0.1 * hardware))


def _corrections(prices: "Prices") -> tuple[Correction, ...]:
    """The seed's table with its units put right, each from the table's own numbers."""
    own, cloud, claims = prices.self_hosted, prices.cloud, prices.seed_claims
    first_minute, first_call = claims.totals_minute[0], claims.totals_call[0]
    a_month = first_minute / cloud.a_minute / _MONTHS
    pays = claims.break_even_minutes_a_year * cloud.a_minute
    calls = first_call / cloud.a_call
    fair = [minute - mine for minute, mine in zip(claims.totals_minute, claims.totals_self, strict=True)]
    saved = fair[-1] / claims.totals_minute[-1]
    even = _break_even(1, own.hardware, own.upkeep_a_year, 0.0, cloud.a_minute).minutes_a_month
    return (
        Correction(
            f"{first_minute:,} a year by the minute for 10k minutes",
            f"{first_minute:,} / {cloud.a_minute} = {first_minute / cloud.a_minute:,.0f} minutes a year: "
            f"right for {a_month:,.0f} minutes a month, not a year",
        ),
        Correction(
            f"{first_call:,} a year by the call at {claims.footnote_calls:,} calls",
            f"{first_call:,} / {cloud.a_call} = {calls:,.0f} calls; {claims.footnote_calls:,} would cost "
            f"{claims.footnote_calls * cloud.a_call:,.0f}",
        ),
        Correction(
            f"breaks even at {claims.break_even_minutes_a_year:,} minutes a year",
            f"these cost {pays:,.0f} in the cloud, which pays the upkeep ({own.upkeep_a_year:,.0f}) alone; the first "
            f"year breaks even at {even:,} minutes a month, before power",
        ),
        Correction(
            f"{own.upkeep_a_year:,.0f} of upkeep a year, 10 % in the footnote",
            f"{own.upkeep_a_year:,.0f} is {own.upkeep_a_year / own.hardware:.0%} of {own.hardware:,.0f}",
        ),
        Correction(
            f"saves over {_SAVES_MOST:.0%} by year three",
            f"{saved:.0%} against the price by the minute at 10,000 minutes a month, before power; against the price "
            f"by the call {1 - claims.totals_self[-1] / claims.totals_call[-1]:.0%}",
        ),
    )
