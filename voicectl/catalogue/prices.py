"""What telephone agents cost, from `prices.toml`; money in dollars."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SelfHosted:
    """A machine of one's own."""

    hardware: float
    upkeep_a_year: float
    depreciation_years: int
    source: str


@dataclass(frozen=True)
class Cloud:
    """A service that is paid by use."""

    a_minute: float
    a_call: float
    source: str


@dataclass(frozen=True)
class AverageCall:
    """How long people speak."""

    minutes: float
    source: str


@dataclass(frozen=True)
class Power:
    """Electricity."""

    a_kwh: float
    load: float
    """Mean draw as a share of the greatest."""
    base_watts: float
    """Of the machine around the cards."""
    source: str


@dataclass(frozen=True)
class SeedClaims:
    """What the seed's cost table says, to be set beside its own arithmetic."""

    break_even_minutes_a_year: int
    totals_minute: tuple[int, ...]
    """After one, two, three years, paid by the minute."""
    totals_call: tuple[int, ...]
    totals_self: tuple[int, ...]
    footnote_calls: int
    source: str


@dataclass(frozen=True)
class Prices:
    """The whole file."""

    self_hosted: SelfHosted
    cloud: Cloud
    call: AverageCall
    power: Power
    seed_claims: SeedClaims
