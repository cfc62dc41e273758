"""Rules for telephone numbers: their form, their country, and which ones cost much."""

import re

from voicectl.config.refused import RefusedError, shown


def international(value: str) -> None:
    """E.164: a plus sign, a country code and the number, fifteen digits at most; or nothing."""
    if value and not re.fullmatch(r"\+[1-9][0-9]{6,14}", value):
        raise RefusedError(
            "E208",
            f"not a telephone number in E.164 form ({shown(value)})",
            fix='write a plus sign, the country code and the number, digits only, such as "+15551230123"',
        )


def country(value: str) -> None:
    """ISO 3166-1 alpha-2, or nothing."""
    if value and not re.fullmatch(r"[A-Z]{2}", value):
        raise RefusedError(
            "E208", f"not a country code ({shown(value)})", fix='write two capital letters, such as "US"'
        )


def ensure_affordable(number: str, *, allowed: bool) -> None:
    """Refuse a number whose minute may cost more than the call is worth, unless the operator wants it."""
    if not allowed and number.startswith(("+870", "+881", "+882", "+883", "+979", "+1900")):
        raise RefusedError("E209", f"a premium or satellite number ({shown(number)})", fix="set allow_premium = true")
