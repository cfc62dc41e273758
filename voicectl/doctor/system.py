"""Is this an operating system that the agent can be installed on?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.version import series_of
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "system"
_TESTED: Final = {("debian", "12"), ("debian", "13"), ("ubuntu", "24.04")}
_OLDEST_PYTHON: Final = (3, 11)
_OLDEST_ANSIBLE: Final = (2, 18)
"""As pyproject.toml asks for."""
_GOOD_NOFILE: Final = 65_536
_LEAST_NOFILE: Final = 4096
_MOST_OFFSET_MS: Final = 100
_LEAST_PROCESSES: Final = 4096
_TIME_STATUS: Final = {"chrony": "chronyc tracking", "systemd-timesyncd": "timedatectl timesync-status"}


@check("os.supported", group=_GROUP, why="on a system that nobody tried, an update may take the phone down")
def os_supported(_: Config, facts: Facts) -> Outcome:
    """Debian 12 is what every release is tested on; its neighbours have the same packages."""
    system = known(facts.system)
    if system.container == "wsl":
        return warn(
            "Linux inside Windows", "a Linux machine", "callers cannot reach it from outside; use it for trials only"
        )
    expected = "Debian 12 or 13, Ubuntu 24.04"
    if (system.os_id, system.os_version) in _TESTED:
        return ok(system.os_name, expected)
    return warn(system.os_name, expected, "prefer one of these for the machine that answers the phone")


@check("user.root", group=_GROUP, why="deploy makes users and folders; without root it stops before the first one")
def user_root(_: Config, facts: Facts) -> Outcome:
    """Deploy needs root; doctor and plan do not."""
    if known(facts.system).is_root:
        return ok("root", "root")
    return warn("an ordinary user", "root for deploy", "run deploy as root", "sudo voicectl deploy")


@check("locale.utf8", group=_GROUP, why="names with accents in the script would be read wrongly, and spoken wrongly")
def locale_utf8(_: Config, facts: Facts) -> Outcome:
    """Files and the terminal are in UTF-8."""
    encoding = known(facts.system).encoding
    if encoding.lower().replace("-", "") == "utf8":
        return ok(encoding, "UTF-8")
    return warn(encoding, "UTF-8", "choose a UTF-8 locale", "export LC_ALL=C.UTF-8")


@check("python.version", group=_GROUP, blocking=True, why="every service of the agent runs on this interpreter")
def python_version(_: Config, facts: Facts) -> Outcome:
    """The distribution's own interpreter."""
    python = known(facts.python)
    expected = f"{python.path} {'.'.join(map(str, _OLDEST_PYTHON))} or later, that any user may run"
    if python.version is None:
        return fail("none", expected, "install it", "apt-get install python3")
    if series_of(python.version) < _OLDEST_PYTHON:
        return fail(python.version, expected, "upgrade the distribution: Debian 12 has 3.11")
    if not python.world_readable:
        return fail(f"{python.version}, for root alone", expected, "let other users run it", f"chmod o+x {python.path}")
    return ok(python.version, expected)


@check("packages.lock", group=_GROUP, why="deploy waits for the package system, and seems to hang")
def packages_lock(_: Config, facts: Facts) -> Outcome:
    """Nobody is installing packages at this moment."""
    packages = known(facts.packages)
    if packages.locked_by is None:
        return ok("free", "free")
    seen = f"held by process {packages.locked_by}"
    return warn(seen, "free", "let it finish", f"ps -p {packages.locked_by} -o pid,etime,args")


@check(
    "time.sync",
    group=_GROUP,
    why="the times in the record of calls are wrong, and a trunk over TLS refuses a wrong clock",
)
def time_sync(_: Config, facts: Facts) -> Outcome:
    """The kernel's clock follows a time server."""
    clock = known(facts.clock)
    if clock.synchronised and abs(clock.offset_ms or 0) > _MOST_OFFSET_MS:
        seen, expected = f"synchronised, and still {clock.offset_ms:.0f} ms off", f"within {_MOST_OFFSET_MS} ms"
        return warn(seen, expected, "wait until the clock has caught up", "timedatectl")
    if clock.synchronised:
        return ok(
            "synchronised" + (f", within {clock.error_ms:.0f} ms" if clock.error_ms is not None else ""), "synchronised"
        )
    if known(facts.system).container:
        return warn("not synchronised", "synchronised", "run a time daemon on the container's host")
    daemon = known(facts.packages).time_daemon
    if daemon is None:
        return warn("not synchronised", "synchronised", "run a time daemon", "apt-get install chrony")
    fix = f"see why {daemon} does not follow a time server"
    return warn("not synchronised", "synchronised", fix, _TIME_STATUS.get(daemon, f"systemctl status {daemon}"))


@check(
    "limits.nofile",
    group=_GROUP,
    blocking=True,
    why="each call holds a dozen files and sockets; at the limit new callers hear nothing",
)
def limits_nofile(_: Config, facts: Facts) -> Outcome:
    """The hard limit: Supervisor raises the soft one itself."""
    hard = known(facts.limits).nofile_hard
    seen = "unlimited" if hard < 0 else str(hard)
    expected = f"{_GOOD_NOFILE} or more"
    fix = "raise the hard limit (for a container: --ulimit nofile=1048576)"
    if hard < 0 or hard >= _GOOD_NOFILE:
        return ok(seen, expected)
    if hard >= _LEAST_NOFILE:
        return warn(seen, expected, fix, f"ulimit -Hn {_GOOD_NOFILE}")
    return fail(seen, expected, fix, f"ulimit -Hn {_GOOD_NOFILE}")


@check("limits.processes", group=_GROUP, why="an engine that may start no further thread stops in the middle of a call")
def limits_processes(_: Config, facts: Facts) -> Outcome:
    """Processes and threads of one user."""
    most, expected = known(facts.limits).processes_hard, f"{_LEAST_PROCESSES} or more"
    seen = "unlimited" if most < 0 else str(most)
    if most < 0 or most >= _LEAST_PROCESSES:
        return ok(seen, expected)
    fix = "raise the hard limit (for a container: --pids-limit)"
    return warn(seen, expected, fix, f"ulimit -Hu {_LEAST_PROCESSES}")


@check(
    "ctl.ansible",
    group=_GROUP,
    blocking=True,
    why="deploy and its way back are carried out by Ansible; without it nobody answers, and no fault is put right",
)
def ctl_ansible(_: Config, facts: Facts) -> Outcome:
    """The Ansible that voicectl brings; it needs no collection beyond ansible-core's own."""
    has, expected = known(facts.packages).ansible, f"{'.'.join(map(str, _OLDEST_ANSIBLE))} or later, beside voicectl"
    if has is None:
        return skip("voicectl is not installed on this machine")
    if has and series_of(has) >= _OLDEST_ANSIBLE:
        return ok(has, expected)
    return fail(has or "missing, or there in part", expected, "install voicectl again, with everything that it needs")


CHECKS: Final = (
    os_supported,
    user_root,
    ctl_ansible,
    locale_utf8,
    python_version,
    packages_lock,
    time_sync,
    limits_nofile,
    limits_processes,
)
