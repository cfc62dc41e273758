"""NVIDIA cards through NVML; what is missing is told apart from what is broken."""

from pathlib import Path
from typing import Any

from voicectl.hardware.facts import Gpu, Gpus

_NVIDIA = "0x10de"
_DISPLAY = "0x03"
_MIB = 1 << 20


def read_gpus(sys: Path = Path("/sys")) -> Gpus:
    """Every card, or the one reason why there is none."""
    import pynvml  # noqa: PLC0415 - 30 ms that only doctor and plan pay

    on_bus = _on_bus(sys / "bus/pci/devices")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return _without_nvml(pynvml, error, on_bus)
    try:
        cards = tuple(_card(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount()))
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
    except pynvml.NVMLError as error:
        return Gpus(state="error", driver=None, cards=(), on_bus=on_bus, problem=str(error))
    finally:
        pynvml.nvmlShutdown()
    return Gpus(state="usable" if cards else "none", driver=driver, cards=cards, on_bus=on_bus, problem="")


def _without_nvml(pynvml: Any, error: Exception, on_bus: int) -> Gpus:
    if isinstance(error, pynvml.NVMLError_LibRmVersionMismatch):
        state, problem = "mismatch", "the driver's library and its kernel module are of different versions"
    elif isinstance(error, pynvml.NVMLError_LibraryNotFound | pynvml.NVMLError_DriverNotLoaded):
        state, problem = ("no driver", str(error)) if on_bus else ("none", "")
    else:
        state, problem = "error", str(error)
    return Gpus(state=state, driver=None, cards=(), on_bus=on_bus, problem=problem)  # type: ignore[arg-type]  # literals, joined by the tuple


def _card(pynvml: Any, index: int) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(
        index=index,
        name=_text(pynvml.nvmlDeviceGetName(handle)),
        uuid=_text(pynvml.nvmlDeviceGetUUID(handle)),
        vram_mib=int(memory.total) // _MIB,
        vram_used_mib=int(memory.used) // _MIB,
        compute_capability=f"{major}.{minor}",
    )


def _text(value: str | bytes) -> str:
    """Older libraries answer in bytes."""
    return value.decode() if isinstance(value, bytes) else value


def _on_bus(devices: Path) -> int:
    """NVIDIA display devices on the PCI bus, whether or not a driver runs them."""
    return sum(
        1
        for device in (devices.iterdir() if devices.is_dir() else ())
        if (device / "vendor").read_text(encoding="ascii").strip() == _NVIDIA
        and (device / "class").read_text(encoding="ascii").startswith(_DISPLAY)
    )
