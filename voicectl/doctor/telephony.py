"""Is there a telephone exchange, or can one be had?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.version import version_of
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "telephony"
_OLDEST: Final = (18, 0, 0)
# asterisk#2069: one line of output with some 127 words overflows an array in res_agi and takes every call down. The fix
# (#2076) was merged in August 2026; 22.10.1 is the last release of its branch without it. Other branches: not known.
_LAST_WITH_OVERFLOW: Final = {22: (22, 10, 1)}


@check("asterisk.available", group=_GROUP, blocking=True, why="Asterisk answers the phone; without it there is no call")
def asterisk_available(_: Config, facts: Facts) -> Outcome:
    """Installed, in the store, offered by the distribution, or to be had as a root of its own by debootstrap."""
    asterisk, expected = known(facts.asterisk), "installed, or to be had"
    if asterisk.in_store or asterisk.installed:
        where = "in the store" if asterisk.in_store else "installed"
        return ok(f"{asterisk.in_store or asterisk.installed} {where}", expected)
    if not known(facts.packages).apt:
        return fail("none, and no apt to get it with", expected, "install Asterisk 22, or use Debian or Ubuntu")
    if asterisk.candidate:
        return ok(f"{asterisk.candidate} from the distribution", expected)
    if asterisk.debootstrap:
        return ok(f"by debootstrap ({asterisk.debootstrap})", expected)
    return warn(
        "apt offers neither asterisk nor debootstrap",
        expected,
        "refresh its lists; deploy does so itself",
        "apt-get update",
    )


@check("asterisk.version", group=_GROUP, why="in some versions one bad line from one call's program ends every call")
def asterisk_version(_: Config, facts: Facts) -> Outcome:
    """New enough for EAGI as the agent uses it, and whether the known overflow is in it."""
    asterisk = known(facts.asterisk)
    text = asterisk.in_store or asterisk.installed or asterisk.candidate
    if text is None:
        return skip("not installed yet")
    version, expected = version_of(text), "with the fix of asterisk#2069 (after 22.10.1)"
    if version < _OLDEST:
        return warn(text, "18 or later", "upgrade the distribution, or remove this package: deploy brings its own")
    last = _LAST_WITH_OVERFLOW.get(version[0])
    if version[0] > max(_LAST_WITH_OVERFLOW) or (last is not None and version > last):
        return ok(text, expected)
    fix = "none needed now: the agent's bridge keeps such lines from it; upgrade Asterisk when there is a newer one"
    return warn(f"{text} may have the overflow of asterisk#2069", expected, fix)


CHECKS: Final = (asterisk_available, asterisk_version)
