"""Is there a telephone exchange, or can one be had, and is it a sound one?"""

from ipaddress import ip_address
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.asterisk_bugs import load_bugs
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.version import version_of
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "telephony"
_OLDEST: Final = (18, 0, 0)


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


@check(
    "asterisk.version", group=_GROUP, why="an older Asterisk does not hand the caller's audio on as the agent needs it"
)
def asterisk_version(_: Config, facts: Facts) -> Outcome:
    """New enough for EAGI as the agent uses it."""
    text = _version(facts)
    if text is None:
        return skip("not installed yet")
    if version_of(text) < _OLDEST:
        return warn(text, "18 or later", "upgrade the distribution, or remove this package: deploy brings its own")
    return ok(text, "18 or later")


@check(
    "asterisk.bugs",
    group=_GROUP,
    blocking=True,
    why="some versions have a bug by which one stranger's message, or one call, ends every call",
)
def asterisk_bugs(config: Config, facts: Facts) -> Outcome:
    """Known fatal bugs; one that the agent itself keeps from callers is named and does no harm."""
    text = _version(facts)
    if text is None:
        return skip("not installed yet")
    found = [bug for bug in load_bugs() if bug.is_in(version_of(text))]
    expected, bare = "none that reaches callers", [bug for bug in found if not bug.guard]
    if not found:
        return ok(f"{text}: none known", expected)
    if not bare:
        kept = "; ".join(f"{bug.id} ({bug.guard})" for bug in found)
        return ok(f"{text}: kept from callers: {kept}", expected)
    seen = f"{text} has " + "; ".join(f"{bug.id} ({bug.what})" for bug in bare)
    reaches = not ip_address(config.sip.address).is_loopback
    verdict = fail if reaches else warn  # from loopback only this machine's own programs could send such a message
    return verdict(seen, expected, "upgrade Asterisk, or remove this package: deploy brings its own")


def _version(facts: Facts) -> str | None:
    asterisk = known(facts.asterisk)
    return asterisk.in_store or asterisk.installed or asterisk.candidate


CHECKS: Final = (asterisk_available, asterisk_version, asterisk_bugs)
