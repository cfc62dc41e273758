"""Is the processor fit for recognising and speaking in real time?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.needs import calls_of_cores
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "processor"
_LEAST_CORES: Final = 2
"""So that one engine computes while another answers."""
_MOST_STEAL_PERCENT: Final = 5.0


@check(
    "cpu.arch",
    group=_GROUP,
    blocking=True,
    why="the engines' packages exist for these processors only; no engine, no answer",
)
def cpu_arch(_: Config, facts: Facts) -> Outcome:
    """The architectures for which every engine has a wheel."""
    seen, expected = known(facts.cpu).architecture, "x86_64"
    if seen == expected:
        return ok(seen, expected)
    return fail(seen, expected, "deploy on a 64-bit Intel or AMD machine")


@check(
    "cpu.flags",
    group=_GROUP,
    why="without AVX2 the recogniser is several times slower, and callers hear silence after each sentence",
)
def cpu_flags(_: Config, facts: Facts) -> Outcome:
    """The vector instructions that CTranslate2, ONNX Runtime and ggml are made for."""
    cpu = known(facts.cpu)
    if cpu.architecture != "x86_64":
        return skip(f"no AVX on {cpu.architecture}")
    missing = [flag for flag in ("avx2", "fma", "f16c") if flag not in cpu.flags]
    if not missing:
        return ok("avx2 fma f16c" + (" avx512" if "avx512f" in cpu.flags else ""), "avx2 fma f16c")
    where = "set the virtual machine's CPU type to `host`" if cpu.virtualised else "use a processor of 2014 or later"
    return warn(f"{cpu.model} lacks {' '.join(missing)}", "avx2 fma f16c", where)


@check(
    "cpu.cores", group=_GROUP, why="engines that wait for each other's cores answer late; callers talk over the agent"
)
def cpu_cores(config: Config, facts: Facts) -> Outcome:
    """Cores for the calls that are allowed at once."""
    cores, calls = known(facts.cpu).cores, config.calls.most
    carried = calls_of_cores(config, facts)
    seen, expected = f"{cores}, which carry {carried} calls at once", f"at least {_LEAST_CORES}, and {calls} calls"
    if cores >= _LEAST_CORES and carried >= calls:
        return ok(seen, expected)
    return warn(seen, expected, f"add cores, or set calls.most to {max(1, carried)}")


@check(
    "cpu.steal",
    group=_GROUP,
    why="time that the host takes away comes out of the caller's answer, as stutter and pauses",
)
def cpu_steal(_: Config, facts: Facts) -> Outcome:
    """Time since boot that the hypervisor gave to other machines."""
    cpu = known(facts.cpu)
    seen, expected = f"{cpu.steal_percent:g} % since boot", f"below {_MOST_STEAL_PERCENT:g} %"
    if cpu.steal_percent < _MOST_STEAL_PERCENT:
        return ok(seen, expected)
    return warn(seen, expected, "ask the host's operator for dedicated cores")


@check("cpu.governor", group=_GROUP, why="a processor that saves power takes its time to wake up for each sentence")
def cpu_governor(_: Config, facts: Facts) -> Outcome:
    """The kernel raises the clock when there is work."""
    governor = known(facts.cpu).governor
    if governor is None:
        return skip("the processor or its host chooses the clock")
    if governor != "powersave":
        return ok(governor, "anything but powersave")
    set_it = "echo schedutil | tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
    return warn(governor, "anything but powersave", "let it follow the load", set_it)


@check("numa", group=_GROUP, why="an engine whose memory lies behind the other processor answers a little later")
def numa(_: Config, facts: Facts) -> Outcome:
    """Which node a card belongs to, on a machine that has several."""
    nodes = known(facts.numa).nodes
    if len(nodes) <= 1:
        return skip("all memory is alike")
    near = {card.numa_node for card in known(facts.gpus).cards if card.numa_node is not None}
    seen = f"{len(nodes)} nodes" + (f", the GPU at node {', '.join(map(str, sorted(near)))}" if near else "")
    return ok(seen, "of interest only where engines are bound to cores by hand")


CHECKS: Final = (cpu_arch, cpu_flags, cpu_cores, cpu_steal, cpu_governor, numa)
