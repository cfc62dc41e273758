"""The world's calling codes: a table that can be searched by its beginnings."""

import tomllib
from itertools import permutations

import pytest

from voicectl.config.numbers import calling_code
from voicectl.paths import CALLING_CODES

TABLE = tomllib.loads(CALLING_CODES.read_text(encoding="utf-8"))
COUNTRIES = TABLE["countries"]


def test_no_code_is_the_beginning_of_another() -> None:
    """So the first code that fits is the only one."""
    codes = [*COUNTRIES, *TABLE["networks"]]

    assert all(code.isdigit() and len(code) <= 3 for code in codes)
    assert not [(a, b) for a, b in permutations(codes, 2) if b.startswith(a)]


def test_every_country_stands_once() -> None:
    """A country has one calling code."""
    names = [name for row in COUNTRIES.values() for name in row["countries"]]

    assert len(names) == len(set(names)) > 230
    assert all(len(name) == 2 and name.isupper() for name in names)


def test_premium_prefixes_are_narrow() -> None:
    """Digits only, and never a whole country: an empty prefix would refuse everything."""
    assert all(prefix.isdigit() for row in COUNTRIES.values() for prefix in row["premium"])


@pytest.mark.parametrize(("number", "code"), [("+15551230100", "1"), ("+4722123456", "47"), ("+35312345678", "353")])
def test_code_is_found(number: str, code: str) -> None:
    """One, two or three digits, whatever the country."""
    assert calling_code(number) == code
