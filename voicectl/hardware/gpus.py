"""NVIDIA cards through NVML; what is missing is told apart from what is broken."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Final

from voicectl.hardware.gpu_card import CardReader, NoMemoryOfItsOwnError
from voicectl.hardware.gpu_facts import Gpu, Gpus, GpuState, SilentGpu
from voicectl.hardware.kernel_log import xids

_NVIDIA: Final = "0x10de"
_DISPLAY: Final = "0x03"
_CUDA_MAJOR: Final = 1000


@dataclass(frozen=True)
class Roots:
    """Where the kernel shows itself; tests bring their own."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")
    mps: Path = Path("/tmp/nvidia-mps")  # noqa: S108 - where NVIDIA's daemon puts its pipes

    @property
    def is_wsl(self) -> bool:
        """Whether this is Linux inside Windows, with Windows' GPU driver behind /dev/dxg."""
        release = _text(self.proc / "sys/kernel/osrelease").lower()
        return "microsoft" in release and (self.dev / "dxg").exists()

    @property
    def loaded_driver(self) -> str | None:
        """Version of NVIDIA's kernel module that runs now."""
        words = _text(self.proc / "driver/nvidia/version").partition("\n")[0].split()
        return next((word for word in words if word[:1].isdecimal() and "." in word), None)


def read_gpus(prefix: Path, roots: Roots = Roots()) -> Gpus:
    """Every card with what it says of itself, and the reason where there is none or one does not answer.

    Args:
        prefix: the agent's folder, by which its own processes are known.
        roots: where the kernel shows itself.
    """
    import pynvml  # noqa: PLC0415 - 30 ms that only doctor and plan pay

    devices = _on_bus(roots.sys / "bus/pci/devices")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return _without_nvml(pynvml, error, devices, roots)
    try:
        found = _cards(pynvml, CardReader(pynvml, prefix, roots.sys, roots.proc), len(devices))
    except pynvml.NVMLError as error:
        return Gpus(state="error", driver=None, cards=(), on_bus=len(devices), problem=str(error))
    finally:
        pynvml.nvmlShutdown()
    if not found.cards and not found.silent:
        return found
    return replace(found, xids=xids(roots.dev / "kmsg"), mps=(roots.mps / "control").exists())


def _cards(pynvml: ModuleType, reader: CardReader, on_bus: int) -> Gpus:
    cards: list[Gpu] = []
    silent: list[SilentGpu] = []
    inside: list[str] = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        try:
            cards.append(reader.read(index))
        except pynvml.NVMLError as error:  # one card that fell off the bus must not hide the others
            silent.append(SilentGpu(index=index, problem=str(error)))
        except NoMemoryOfItsOwnError as error:
            inside.append(str(error))
    state, problem = _state(cards, silent, inside)
    return Gpus(
        state=state,
        driver=str(pynvml.nvmlSystemGetDriverVersion()),
        cards=tuple(cards),
        on_bus=on_bus,
        problem=problem,
        cuda=_cuda(pynvml),
        silent=tuple(silent),
    )


def _state(cards: list[Gpu], silent: list[SilentGpu], inside: list[str]) -> tuple[GpuState, str]:
    """What can be done with the cards, and why nothing can."""
    if cards:
        return "usable", ""
    if silent:
        return "lost", f"GPU {silent[0].index} does not answer: {silent[0].problem}"
    if inside:
        return "integrated", f"{inside[0]} has no memory of its own, and no engine here is built for such a machine"
    return "none", ""


def _cuda(pynvml: ModuleType) -> str | None:
    """12040 is 12.4."""
    try:
        version = int(pynvml.nvmlSystemGetCudaDriverVersion_v2())
    except pynvml.NVMLError:
        return None
    return f"{version // _CUDA_MAJOR}.{version % _CUDA_MAJOR // 10}"


def _without_nvml(pynvml: ModuleType, error: Exception, devices: tuple[Path, ...], roots: Roots) -> Gpus:
    state, problem = _reason(pynvml, error, devices, roots)
    return Gpus(state=state, driver=roots.loaded_driver, cards=(), on_bus=len(devices), problem=problem)


def _reason(pynvml: ModuleType, error: Exception, devices: tuple[Path, ...], roots: Roots) -> tuple[GpuState, str]:
    """Why NVML does not start: each reason has a remedy of its own."""
    if isinstance(error, pynvml.NVMLError_LibRmVersionMismatch):
        running = f" ({roots.loaded_driver} is loaded)" if roots.loaded_driver else ""
        return "mismatch", f"the driver's library and its kernel module are of different versions{running}"
    if isinstance(error, pynvml.NVMLError_NoPermission):
        return "no permission", "this user may not open the GPU"
    if not isinstance(error, pynvml.NVMLError_LibraryNotFound | pynvml.NVMLError_DriverNotLoaded):
        return "error", str(error)
    return _what_is_missing(devices, roots)


def _what_is_missing(devices: tuple[Path, ...], roots: Roots) -> tuple[GpuState, str]:
    """No library, or one that finds no driver in the kernel."""
    if roots.is_wsl:
        return "wsl", "Windows offers a GPU, and its driver's library is not found here"
    if roots.loaded_driver:
        return (
            "no library",
            f"the driver {roots.loaded_driver} runs, and its library libnvidia-ml.so.1 does not reach it",
        )
    if not devices:
        return "none", ""
    bound = {_driver_of(device) for device in devices}
    if "nouveau" in bound:
        return "nouveau", "the card is run by nouveau, which cannot compute"
    others = ", ".join(sorted(name for name in bound if name)) or "no driver"
    return "no driver", f"the card is bound to {others}, and NVIDIA's driver is not loaded"


def _driver_of(device: Path) -> str:
    link = device / "driver"
    return link.resolve().name if link.is_symlink() else ""


def _on_bus(devices: Path) -> tuple[Path, ...]:
    """NVIDIA display devices on the PCI bus, whether or not a driver runs them."""
    return tuple(
        device
        for device in sorted(devices.iterdir() if devices.is_dir() else ())
        if _text(device / "vendor").strip() == _NVIDIA and _text(device / "class").startswith(_DISPLAY)
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
