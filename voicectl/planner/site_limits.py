"""What bounds calls beside the cards: cores, memory, RTP ports and the network."""

from typing import TYPE_CHECKING, Final

from voicectl.config.contradictions import RTP_PORTS_A_CALL
from voicectl.hardware.facts import Unknown
from voicectl.planner.limits import MOST_CALLS, Limit, share_limit
from voicectl.planner.traffic import MOST_BUSY
from voicectl.planner.voice_workers import TALK_SHARE, speech_workers

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts
    from voicectl.planner.engines import Engines

SYSTEM_RAM_MIB: Final = 400 + 262
"""The kernel, the shell, and Asterisk with its calls; and, during an update, the old orchestrator, which keeps its
calls beside the new one (262 MiB, measured)."""
_LEG_KBIT_S: Final = 87.2
"""G.711 in packets of 20 ms on Ethernet, each way."""
_LINK_KBIT_S: Final = 100_000
"""Assumed: a hundred megabits."""
_LINK_SHARE: Final = 0.5
_CALL_CORES: Final = 0.02
"""Asterisk, the bridge, speech detection and the record of one call (measured here: 1 to 2 % of a core)."""
_OLLAMA_CORES: Final = 1.0


def rtp_limit(config: "Config") -> Limit:
    """Ports in the range, four a call."""
    ports = config.sip.rtp_last - config.sip.rtp_first + 1
    why = f"{ports} RTP ports from {config.sip.rtp_first} to {config.sip.rtp_last}, {RTP_PORTS_A_CALL} a call"
    return Limit("rtp ports", ports // RTP_PORTS_A_CALL, why, "a wider range (sip.rtp_last)", "table")


def network_limit() -> Limit:
    """G.711 both ways, on two legs."""
    calls = int(_LINK_KBIT_S * _LINK_SHARE / (2 * _LEG_KBIT_S))
    why = f"2 x {_LEG_KBIT_S} kbit/s each way a call, on half of 100 Mbit/s"
    return Limit("network", min(calls, MOST_CALLS), why, "a faster link", "assumed")


def card_host_limit(engines: "Engines", facts: "Facts") -> Limit:
    """Cores beside the cards: a voice keeps a core busy while it speaks, be it with launching kernels."""
    cores = cores_of(facts)
    speaking = TALK_SHARE * engines.voice.real_time_factor
    spare = max(0.0, cores * MOST_BUSY - (_OLLAMA_CORES if engines.llm is not None else 0.0))
    a_call = speaking + _CALL_CORES
    why = f"{cores} cores, one for Ollama, and {a_call:.2f} of a core a call"
    return Limit("cpu", share_limit(a_call, spare), why, "more cores", "assumed")


def ram_limit(engines: "Engines", facts: "Facts", fixed_mib: int) -> Limit:
    """Main memory; the workers of a voice are loaded one after the other, and each keeps half of what loading takes."""
    has_mib = ram_of(facts)
    if has_mib is None:
        return Limit("ram", MOST_CALLS, "memory is not known", "more memory", "assumed")
    low, high = 0, MOST_CALLS
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fixed_mib + voice_ram_mib(engines, middle) <= has_mib else (low, middle - 1)
    needs = fixed_mib + voice_ram_mib(engines, max(1, min(low, MOST_CALLS)))
    return Limit("ram", low, f"{needs} MiB for {max(1, low)} of {has_mib} MiB", "more memory", engines.voice.ram_basis)


def voice_ram_mib(engines: "Engines", calls: int) -> int:
    """Resident memory of every process of the voice."""
    processes = speech_workers(engines.voice, max(1, calls))
    return engines.voice.ram_mib + (processes - 1) * (engines.voice.ram_mib // 2)


def cores_of(facts: "Facts") -> int:
    """At least one: somebody asks."""
    return 1 if isinstance(facts.cpu, Unknown) else max(1, facts.cpu.cores)


def ram_of(facts: "Facts") -> int | None:
    """What the engines may take; the control group's limit where there is one."""
    if isinstance(facts.memory, Unknown):
        return None
    return min(facts.memory.total_mib, facts.memory.limit_mib or facts.memory.total_mib)
