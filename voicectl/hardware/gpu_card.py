"""One NVIDIA card, asked everything that NVML can tell about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

from voicectl.hardware.gpu_facts import ComputeMode, Ecc, Gpu, GpuKind, GpuProcess, MigInstance, Pcie
from voicectl.hardware.socket_owners import program_of

T = TypeVar("T")
_MIB: Final = 1 << 20
_MILLIWATTS: Final = 1000
# NVML_BRAND_*; data-centre cards are Tesla in older drivers and plain "NVIDIA" since Ampere.
_KINDS: Final[dict[int, GpuKind]] = {
    **dict.fromkeys((2, 14), "data centre"),
    **dict.fromkeys((5, 6, 15, 16), "consumer"),
    **dict.fromkeys((1, 3, 12, 13), "workstation"),
    **dict.fromkeys((4, 7, 8, 9, 10, 11, 18), "virtual"),
}
_COMPUTE_MODES: Final[dict[int, ComputeMode]] = {0: "default", 1: "exclusive", 2: "prohibited", 3: "exclusive"}
# nvmlClocksEventReason*; that the card idles (1) or follows settings (2, 0x100) is no trouble.
_THROTTLES: Final = {
    0x04: "power cap",
    0x08: "hardware slowdown",
    0x20: "heat (driver)",
    0x40: "heat (hardware)",
    0x80: "power brake",
}


class NoMemoryOfItsOwnError(Exception):
    """A processor with a GPU in it, as on a Jetson; the text is its name."""


@dataclass(frozen=True)
class CardReader:
    """Reads cards one after the other; an error that concerns the whole card is left to the caller."""

    nvml: ModuleType
    prefix: Path
    sys: Path
    proc: Path

    def read(self, index: int) -> Gpu:
        """The card; None or empty where it, or its driver, does not tell.

        Raises:
            NVMLError: it does not answer at all, as a card that fell off the bus.
            NoMemoryOfItsOwnError: it shares the machine's memory.
        """
        nvml = self.nvml
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        total_mib, reserved_mib, used_mib = self._memory_mib(handle)
        capability = self._may(nvml.nvmlDeviceGetCudaComputeCapability, handle)
        is_partitioned = self._may(nvml.nvmlDeviceGetMigMode, handle) or [0]
        return Gpu(
            index=index,
            name=str(nvml.nvmlDeviceGetName(handle)),
            uuid=str(nvml.nvmlDeviceGetUUID(handle)),
            vram_mib=total_mib,
            vram_used_mib=used_mib,
            compute_capability=".".join(map(str, capability)) if capability else "",
            vram_reserved_mib=reserved_mib,
            memory_clock_mhz=self._may(nvml.nvmlDeviceGetMaxClockInfo, handle, nvml.NVML_CLOCK_MEM),
            bus_width_bits=self._may(nvml.nvmlDeviceGetMemoryBusWidth, handle),
            kind=_KINDS.get(self._may(nvml.nvmlDeviceGetBrand, handle) or 0, "unknown"),
            processes=tuple(self._processes(handle)),
            mig=bool(is_partitioned[0]),
            instances=tuple(self._instances(handle)) if is_partitioned[0] else (),
            ecc=self._ecc(handle),
            persistence=_yes(self._may(nvml.nvmlDeviceGetPersistenceMode, handle)),
            compute_mode=self._compute_mode(handle),
            power_cap_w=_watts(self._may(nvml.nvmlDeviceGetPowerManagementLimit, handle)),
            power_default_w=_watts(self._may(nvml.nvmlDeviceGetPowerManagementDefaultLimit, handle)),
            throttled_by=self._throttles(handle),
            temperature_c=self._may(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
            pcie=self._pcie(handle),
            numa_node=self._numa_node(handle),
        )

    def _may(self, ask: Callable[..., T], *arguments: Any) -> T | None:
        """An answer that not every card and driver has; a card that is gone is still an error."""
        try:
            return ask(*arguments)
        except (self.nvml.NVMLError_GpuIsLost, self.nvml.NVMLError_ResetRequired):
            raise
        except self.nvml.NVMLError:
            return None

    def _compute_mode(self, handle: Any) -> ComputeMode | None:
        mode = self._may(self.nvml.nvmlDeviceGetComputeMode, handle)
        return None if mode is None else _COMPUTE_MODES.get(mode)

    def _memory_mib(self, handle: Any) -> tuple[int, int, int]:
        """Total, the driver's reserve, and used; drivers before 510 count their reserve as used."""
        memory = self._may(self.nvml.nvmlDeviceGetMemoryInfo, handle, self.nvml.nvmlMemory_v2)
        if memory is not None:
            return int(memory.total) // _MIB, int(memory.reserved) // _MIB, int(memory.used) // _MIB
        try:
            memory = self.nvml.nvmlDeviceGetMemoryInfo(handle)
        except self.nvml.NVMLError_NotSupported as error:
            raise NoMemoryOfItsOwnError(str(self.nvml.nvmlDeviceGetName(handle))) from error
        return int(memory.total) // _MIB, 0, int(memory.used) // _MIB

    def _processes(self, handle: Any) -> Iterator[GpuProcess]:
        for found in self._may(self.nvml.nvmlDeviceGetComputeRunningProcesses, handle) or ():
            holder = program_of(found.pid, self.prefix, self.proc)
            used = found.usedGpuMemory
            yield GpuProcess(
                pid=found.pid,
                program=holder.program if holder else None,
                used_mib=None if used is None else int(used) // _MIB,
                ours=holder is not None and holder.ours,
            )

    def _instances(self, handle: Any) -> Iterator[MigInstance]:
        nvml = self.nvml
        for index in range(self._may(nvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
            part = self._may(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index)
            if part is None:  # the numbers may have gaps
                continue
            total_mib, _, used_mib = self._memory_mib(part)
            attributes = self._may(nvml.nvmlDeviceGetAttributes, part)
            yield MigInstance(
                name=str(nvml.nvmlDeviceGetName(part)),
                uuid=str(nvml.nvmlDeviceGetUUID(part)),
                vram_mib=total_mib,
                vram_used_mib=used_mib,
                compute_slices=int(attributes.computeInstanceSliceCount) if attributes else None,
            )

    def _ecc(self, handle: Any) -> Ecc | None:
        nvml = self.nvml
        mode = self._may(nvml.nvmlDeviceGetEccMode, handle)
        if mode is None:
            return None
        kinds = nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, nvml.NVML_VOLATILE_ECC
        remapped = self._may(nvml.nvmlDeviceGetRemappedRows, handle) or (0, 0, 0, 0)
        retired = self._may(nvml.nvmlDeviceGetRetiredPagesPendingStatus, handle) or 0
        return Ecc(
            on=bool(mode[0]),
            uncorrected=self._may(nvml.nvmlDeviceGetTotalEccErrors, handle, *kinds) or 0,
            repair_pending=bool(remapped[2] or retired),
        )

    def _throttles(self, handle: Any) -> tuple[str, ...]:
        nvml = self.nvml
        bits = self._may(nvml.nvmlDeviceGetCurrentClocksEventReasons, handle)
        if bits is None:  # the name before driver 535
            bits = self._may(nvml.nvmlDeviceGetCurrentClocksThrottleReasons, handle) or 0
        return tuple(name for bit, name in _THROTTLES.items() if bits & bit)

    def _pcie(self, handle: Any) -> Pcie | None:
        nvml = self.nvml
        generation = self._may(nvml.nvmlDeviceGetCurrPcieLinkGeneration, handle)
        generation_most = self._may(nvml.nvmlDeviceGetMaxPcieLinkGeneration, handle)
        width = self._may(nvml.nvmlDeviceGetCurrPcieLinkWidth, handle)
        width_most = self._may(nvml.nvmlDeviceGetMaxPcieLinkWidth, handle)
        if generation is None or generation_most is None or width is None or width_most is None:
            return None
        return Pcie(generation, generation_most, width, width_most)

    def _numa_node(self, handle: Any) -> int | None:
        """The kernel knows the card by a shorter form of the address that NVML gives."""
        pci = self._may(self.nvml.nvmlDeviceGetPciInfo, handle)
        if pci is None:
            return None
        address = f"{pci.domain:04x}:{pci.bus:02x}:{pci.device:02x}.0"
        try:
            node = int((self.sys / "bus/pci/devices" / address / "numa_node").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return node if node >= 0 else None  # -1: the firmware does not say


def _yes(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _watts(milliwatts: int | None) -> int | None:
    return None if milliwatts is None else round(milliwatts / _MILLIWATTS)
