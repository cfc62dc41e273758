"""The cost against the seed's own numbers, with their units put right."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.cli.cost_svg import svg_of_cost
from voicectl.planner.cost import Cost, Volume, cost_of

PRICES = load_catalogue().prices


def cost(minutes: int = 10_000, hardware: float | None = 1800, a_kwh: float | None = 0.0) -> Cost:
    return cost_of(Volume(minutes, hardware, a_kwh), PRICES, 0, 450)


def test_the_seeds_table_is_reproduced_before_power() -> None:
    """10,000 minutes a month, not a year, are what its sums say."""
    years = cost().years[:3]

    assert [year.by_the_minute for year in years] == list(PRICES.seed_claims.totals_minute)
    assert [year.self_hosted for year in years] == list(PRICES.seed_claims.totals_self)


@pytest.mark.parametrize(("years", "minutes", "at_ten"), [(1, 7500, 6875), (2, 4375, 3750), (3, 3333, 2708)])
def test_the_break_even_is_a_month(years: int, minutes: int, at_ten: int) -> None:
    """With 20 % of upkeep, and with the footnote's 10 %; the arithmetic is shown."""
    found = cost().break_even[years - 1]

    assert (found.minutes_a_month, found.without_power, found.at_ten_percent) == (minutes, minutes, at_ten)
    assert f"= {minutes:,} minutes a month" in found.arithmetic


def test_what_does_not_follow_is_named() -> None:
    """Each from the table's own figures."""
    said = " ".join(one.but for one in cost().seed)

    assert "10,000 minutes a month, not a year" in said
    assert "10,000 calls; 100,000 would cost 12,000" in said
    assert "cost 360 in the cloud, which pays the upkeep (360) alone" in said
    assert "7,500 minutes a month, before power" in said
    assert "20% of 1,800" in said


def test_power_is_counted() -> None:
    """A 350 W card at full load all year is 3,066 kWh; a server that waits most of the day draws a fifth."""
    found = cost_of(Volume(10_000, 1800, 0.30), PRICES, 0, 250)  # and 100 W around the card

    assert found.kwh_a_year / found.load == pytest.approx(3066)
    assert found.power_a_year == pytest.approx(3066 * 0.2 * 0.30, abs=0.01)
    assert found.break_even[0].minutes_a_month > found.break_even[0].without_power


def test_the_cards_of_the_plan_are_priced() -> None:
    """Where the operator says nothing; without any, the seed's machine."""
    assert cost_of(Volume(1), PRICES, 900, 70).hardware == 900
    assert cost_of(Volume(1), PRICES, 0, 0).hardware == 1800
    assert cost(hardware=5000).upkeep_a_year == 1000


@given(st.integers(1, 10_000_000), st.floats(0, 1e6), st.floats(0, 10))
def test_more_years_never_cost_less_and_break_even_sooner(minutes: int, hardware: float, a_kwh: float) -> None:
    """Whatever the volume."""
    found = cost(minutes, hardware, a_kwh)
    for before, after in zip(found.years, found.years[1:], strict=False):
        assert after.self_hosted >= before.self_hosted
        assert after.by_the_minute >= before.by_the_minute
    evens = [one.minutes_a_month for one in found.break_even]
    assert evens == sorted(evens, reverse=True)


def test_the_picture_is_svg_and_needs_nothing_else() -> None:
    """Three lines, and no address from which something would be fetched."""
    text = svg_of_cost(cost())
    picture = ET.fromstring(text)  # noqa: S314 - our own

    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) == 3
    assert "href" not in text
    assert "url(" not in text
