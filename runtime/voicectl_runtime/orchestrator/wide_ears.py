"""A caller in wideband: the recogniser gets all of the sound, everybody else what a telephone would have carried."""

from typing import Final

from voicectl_runtime.orchestrator.band import WIDE, Halved
from voicectl_runtime.orchestrator.ears import LOOK_BACK_MS, NEWEST_MS, Ears, OnAudio


class WideEars(Ears):
    """Reads 16 kHz."""

    bytes_per_ms = WIDE.bytes_per_ms

    def __init__(self, audio: int, on_audio: OnAudio) -> None:
        """As `Ears`; what is handed on is narrowband."""
        self._wide = bytearray()
        self._halved: Final = Halved()
        super().__init__(audio, on_audio)

    def speech_since(self, began_ms: float) -> bytes:
        """As `Ears`, in wideband."""
        wanted = int(self._read_ms - began_ms + LOOK_BACK_MS) * WIDE.bytes_per_ms
        return bytes(self._wide[-wanted:]) if wanted > 0 else b""

    def forget_before(self, began_ms: float) -> None:
        """As `Ears`."""
        super().forget_before(began_ms)
        wanted = int(self._read_ms - began_ms + LOOK_BACK_MS) * WIDE.bytes_per_ms
        del self._wide[: max(0, len(self._wide) - wanted)]

    def forget_answered(self) -> None:
        """As `Ears`."""
        super().forget_answered()
        del self._wide[: -NEWEST_MS * WIDE.bytes_per_ms]

    def _hand_on(self, data: bytes, at_ms: float) -> None:
        self._wide += data
        super()._hand_on(self._halved.take(data), at_ms)
