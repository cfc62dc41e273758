"""Speech recognition models, from `speech_models.toml`."""

from dataclasses import dataclass
from typing import Literal

from voicectl.catalogue.provenance import Basis, SeedClaim

SpeechPrecision = Literal["int8", "int8_float16", "float16"]


@dataclass(frozen=True)
class VramReading:
    """A whole device's reading with this model loaded, CUDA context included."""

    precision: SpeechPrecision
    mib: int
    source: str


@dataclass(frozen=True)
class RecognitionSpeed:
    """Work of one core of the reference machine."""

    device: Literal["cpu", "cuda"]
    window_ms: float
    """For the short window, the one that speculation uses."""
    full_window_ms: float
    """For 30 s, the one that confirms it."""
    basis: Basis
    source: str


@dataclass(frozen=True)
class SpeechModel:
    """One row."""

    id: str
    title: str
    parameters_m: int
    encoder_layers: int
    decoder_layers: int
    hidden: int
    precisions: tuple[SpeechPrecision, ...]
    quality: int
    languages: tuple[str, ...]
    """ISO 639-1, or "many"."""
    licence: str
    ram_mib: int
    source: str
    ram_basis: Basis = "assumed"
    word_error_percent: float | None = None
    vram: tuple[VramReading, ...] = ()
    speed: tuple[RecognitionSpeed, ...] = ()
    seed: SeedClaim | None = None

    @property
    def encoder_m(self) -> float:
        """Parameters of the encoder, in millions: what a window's time is proportional to."""
        return self.encoder_layers * 12 * self.hidden**2 / 1e6
