"""Fixed silence: the same for whatever was said."""

from dataclasses import dataclass

from voicectl_runtime.orchestrator.endpointing import Known


@dataclass(frozen=True)
class Fixed:
    """What most phone agents do; kept to compare with, and for languages that the other policies do not read."""

    silence_ms: int

    def stop_ms(self, _known: Known) -> int:
        """Always the same."""
        return self.silence_ms
