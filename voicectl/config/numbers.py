"""Rules for telephone numbers: their form, their country, and which ones cost much."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from voicectl.config.refused import RefusedError, shown
from voicectl.paths import CALLING_CODES

_WRITE_E164 = 'write a plus sign, the country code and the number, digits only, such as "+15551230123"'


def international(value: str) -> None:
    """E.164: a plus sign, a calling code that exists and the number, fifteen digits at most."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", value):
        raise RefusedError("E208", f"not a telephone number in E.164 form ({shown(value)})", fix=_WRITE_E164)
    if calling_code(value) is None:
        raise RefusedError("E208", f"no country has this calling code ({shown(value)})", fix=_WRITE_E164)


def country(value: str) -> None:
    """ISO 3166-1 alpha-2."""
    if value not in _countries():
        raise RefusedError("E208", f"not a country code ({shown(value)})", fix='write ISO 3166-1, such as "US"')


def ensure_in_country(number: str, country_code: str) -> None:
    """Refuse a number whose calling code is another country's."""
    code = _countries()[country_code]
    if calling_code(number) != code:
        problem = f"the calling code of {country_code} is +{code} ({shown(number)})"
        raise RefusedError("E208", problem, fix="correct the number or the country")


def ensure_affordable(number: str, *, allowed: bool) -> None:
    """Refuse a number whose minute may cost more than the call is worth, unless the operator wants it."""
    kind = None if allowed else _expensive_kind(number)
    if kind:
        fix = "set allow_premium = true for this person if you want to pay for it"
        raise RefusedError("E209", f"an expensive number, {kind} ({shown(number)})", fix=fix)


def calling_code(number: str) -> str | None:
    """The calling code with which an E.164 number starts; no code is the beginning of another one."""
    known = _table()["countries"].keys() | _table()["networks"].keys()
    return next((number[1:end] for end in (2, 3, 4) if number[1:end] in known), None)


def _expensive_kind(number: str) -> str | None:
    code = calling_code(number)
    if code is None:
        return None
    if network := _table()["networks"].get(code):
        return str(network)
    national = number[1 + len(code) :]
    is_premium = national.startswith(tuple(_table()["countries"][code]["premium"]))
    return "premium rate" if is_premium else None


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(CALLING_CODES.read_text(encoding="utf-8"))


@cache
def _countries() -> Mapping[str, str]:
    return {name: code for code, row in _table()["countries"].items() for name in row["countries"]}
