"""What NVML says, and the different ways in which it says nothing."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest

from voicectl.hardware.gpus import read_gpus

Write = Callable[[str, str], Path]


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put another library in NVML's place; its errors are the real ones."""

    def _replace(**functions: Any) -> None:
        errors = {name: getattr(pynvml, name) for name in dir(pynvml) if name.startswith("NVMLError")}
        monkeypatch.setitem(sys.modules, "pynvml", SimpleNamespace(nvmlShutdown=lambda: None, **errors, **functions))

    return _replace


def raises(code: int) -> Callable[..., Any]:
    """NVML's own way to fail."""

    def _raise(*_: Any) -> Any:
        raise pynvml.NVMLError(code)

    return _raise


@pytest.fixture
def bus(write: Write, tmp_path: Path) -> Path:
    """A PCI bus with one NVIDIA display device, its sound device, and a network card."""
    for name, vendor, kind in (("a", "0x10de", "0x030000"), ("b", "0x10de", "0x040300"), ("c", "0x8086", "0x020000")):
        write(f"sys/bus/pci/devices/{name}/vendor", f"{vendor}\n")
        write(f"sys/bus/pci/devices/{name}/class", f"{kind}\n")
    return tmp_path / "sys"


@pytest.mark.parametrize(
    ("error", "without_card", "with_card"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "none", "no driver"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "none", "no driver"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "mismatch", "mismatch"),
        (pynvml.NVML_ERROR_UNKNOWN, "error", "error"),
    ],
)
def test_reasons_for_no_gpu_are_told_apart(
    nvml: Callable[..., None], bus: Path, error: int, without_card: str, with_card: str
) -> None:
    """No card, no driver, and a half-done upgrade need different fixes."""
    nvml(nvmlInit=raises(error))

    assert read_gpus(bus / "no such folder").state == without_card
    assert read_gpus(bus).state == with_card
    assert read_gpus(bus).on_bus == 1
    assert bool(read_gpus(bus).problem)


def test_a_card_is_described(nvml: Callable[..., None], bus: Path) -> None:
    """Name, identity, memory, what it can compute, and the driver; older libraries answer in bytes."""
    nvml(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetMemoryInfo=lambda _: SimpleNamespace(total=24_564 << 20, used=300 << 20),
        nvmlDeviceGetCudaComputeCapability=lambda _: (8, 9),
        nvmlDeviceGetName=lambda _: b"NVIDIA GeForce RTX 4090",
        nvmlDeviceGetUUID=lambda _: "GPU-1",
        nvmlSystemGetDriverVersion=lambda: "550.163.01",
    )
    gpus = read_gpus(bus)
    card = gpus.cards[0]

    assert (gpus.state, gpus.driver) == ("usable", "550.163.01")
    assert (card.name, card.uuid, card.vram_mib) == ("NVIDIA GeForce RTX 4090", "GPU-1", 24_564)
    assert (card.vram_used_mib, card.compute_capability) == (300, "8.9")


def test_a_driver_without_cards_is_no_gpu(nvml: Callable[..., None], tmp_path: Path) -> None:
    """The driver alone answers no call."""
    nvml(nvmlInit=lambda: None, nvmlDeviceGetCount=lambda: 0, nvmlSystemGetDriverVersion=lambda: "550.163.01")

    assert read_gpus(tmp_path).state == "none"


def test_a_card_that_fell_off_the_bus_is_an_error(nvml: Callable[..., None], bus: Path) -> None:
    """NVML starts, and the card does not answer."""
    nvml(
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=raises(pynvml.NVML_ERROR_GPU_IS_LOST),
        nvmlSystemGetDriverVersion=lambda: "550.163.01",
    )

    assert read_gpus(bus).state == "error"
    assert "lost" in read_gpus(bus).problem.lower()
