"""How the cost of a plan looks to a person: the sums, a plot of the years, and the break-even with its arithmetic."""

from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from voicectl.planner.cost import Cost

_PLOT_CELLS: Final = 56
_LINES: Final = (("self_hosted", "own machine", "green"), ("by_the_minute", "by the minute", "red"),
                 ("by_the_call", "by the call", "yellow"))  # fmt: skip


def picture_of_cost(cost: Cost) -> Iterator[RenderableType]:
    """Everything in dollars."""
    yield Text(f"\nCost at {cost.minutes_a_month:,} minutes a month ({cost.calls_a_month:,} calls)", style="bold")
    yield Text(
        f"Hardware {cost.hardware:,.0f} once ({cost.depreciation_a_year:,.0f} a year over three), upkeep "
        f"{cost.upkeep_a_year:,.0f} a year, power {cost.power_a_year:,.0f} a year ({cost.kwh_a_year:,.0f} kWh at "
        f"{cost.a_kwh} and {cost.load:.0%} load); cloud {cost.a_minute} a minute or {cost.a_call} a call."
    )
    yield from _plot(cost)
    yield _break_even(cost)
    yield Text(f"Break-even in the first year: {cost.break_even[0].arithmetic}.")
    yield Text("\nThe seed's cost table, put right", style="bold")
    for one in cost.seed:
        yield Text(f"  {one.claim}: {one.but}.")


def _plot(cost: Cost) -> Iterator[Text]:
    """Bars in proportion to the largest sum, three a year."""
    largest = max(max(getattr(year, name) for name, _, _ in _LINES) for year in cost.years)
    for year in cost.years:
        for number, (name, title, colour) in enumerate(_LINES):
            paid = getattr(year, name)
            cells = round(paid / max(largest, 1.0) * _PLOT_CELLS)
            when = f"year {year.years}" if number == 0 else ""
            yield Text.assemble(f"  {when:7} {title:14}", ("█" * cells, colour), f" {paid:,.0f}")


def _break_even(cost: Cost) -> Table:
    table = Table("after", "minutes a month", "before power", "with 10 % upkeep, before power", box=None)
    for one in cost.break_even:
        years = f"{one.years} year{'s' if one.years > 1 else ''}"
        table.add_row(years, f"{one.minutes_a_month:,}", f"{one.without_power:,}", f"{one.at_ten_percent:,}")
    return table
