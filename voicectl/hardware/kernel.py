"""What the kernel allows, and whether its clock is right."""

import ctypes
import os
import resource

from voicectl.hardware.host_facts import Clock, Limits

_NANOSECONDS = 0x2000  # STA_NANO: the offset is in nanoseconds, else in microseconds
_TIME_ERROR = 5  # <sys/timex.h>: the clock is not synchronised
_MICROSECONDS = 1000


class _Timex(ctypes.Structure):
    """The first fields of struct timex (adjtimex(2)); all zero means "only read"."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 256),
    )


def read_limits() -> Limits:
    """What this process, and so what it starts, may have; -1 where there is no limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Limits(
        nofile_soft=soft,
        nofile_hard=hard,
        processes_hard=resource.getrlimit(resource.RLIMIT_NPROC)[1],
        memlock_hard_bytes=resource.getrlimit(resource.RLIMIT_MEMLOCK)[1],
    )


def read_clock() -> Clock:
    """Ask the kernel itself, which every time daemon reports to; in a container it speaks of the host's clock."""
    libc, answer = ctypes.CDLL(None, use_errno=True), _Timex()
    state = libc.adjtimex(ctypes.byref(answer))
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    synchronised = state != _TIME_ERROR
    if not synchronised:
        return Clock(synchronised=False)
    unit = _MICROSECONDS**2 if answer.status & _NANOSECONDS else _MICROSECONDS
    return Clock(synchronised=True, error_ms=answer.maxerror / _MICROSECONDS, offset_ms=answer.offset / unit)
