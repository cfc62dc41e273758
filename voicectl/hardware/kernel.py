"""What the kernel allows and how it treats audio: limits, buffers, the clock."""

import ctypes
import os
import resource
from pathlib import Path

from voicectl.hardware.facts import Clock, Limits, Network, PortSpan

_SIP_MODULES = {"nf_conntrack_sip", "nf_nat_sip", "ip_conntrack_sip", "ip_nat_sip"}
_TIME_ERROR = 5  # <sys/timex.h>: the clock is not synchronised
_TIMEX_BYTES = 256  # struct timex has 208 on 64-bit machines; all zero means "only read"


def read_limits() -> Limits:
    """Open files that this process, and so what it starts, may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Limits(nofile_soft=soft, nofile_hard=hard)


def read_network(proc: Path = Path("/proc")) -> Network:
    """Socket buffers, the ports that the kernel hands out, and helpers that rewrite SIP."""
    first, last = (proc / "sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    loaded = proc / "modules"  # absent where the kernel has no modules at all
    modules = {line.split(" ", 1)[0] for line in loaded.read_text("ascii").splitlines()} if loaded.exists() else set()
    return Network(
        rmem_max=_buffer_bytes(proc / "sys/net/core/rmem_max"),
        wmem_max=_buffer_bytes(proc / "sys/net/core/wmem_max"),
        local_port_first=int(first),
        local_port_last=int(last),
        reserved_ports=_spans((proc / "sys/net/ipv4/ip_local_reserved_ports").read_text(encoding="ascii")),
        sip_modules=tuple(sorted(modules & _SIP_MODULES)),
    )


def _spans(text: str) -> tuple[PortSpan, ...]:
    """The kernel's own notation: 53,9000-9100."""
    ends = (entry.partition("-") for entry in text.strip().split(",") if entry)
    return tuple(PortSpan(int(first), int(last or first)) for first, _, last in ends)


def _buffer_bytes(path: Path) -> int | None:
    """None in a container with its own network: many kernels show these limits to the host alone."""
    return int(path.read_text(encoding="ascii")) if path.exists() else None


def read_clock() -> Clock:
    """Ask the kernel itself, which every time daemon reports to; in a container it speaks of the host's clock."""
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return Clock(synchronised=state != _TIME_ERROR)
