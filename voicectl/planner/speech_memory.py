"""F6: video memory of a speech recogniser."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from voicectl.catalogue.provenance import Basis
    from voicectl.catalogue.speech_model import SpeechModel, SpeechPrecision

_BYTES: Final[dict[str, int]] = {"int8": 1, "int8_float16": 1, "float16": 2}
_FIT_ERROR: Final = 0.12
"""The fit's worst miss, on large-v3-turbo at int8."""
_READING_ERROR: Final = 0.02


def recogniser_mib(model: "SpeechModel", precision: "SpeechPrecision") -> tuple[float, "Basis"]:
    """A reading of the whole device where there is one, otherwise the fit; both hold the CUDA context already."""
    reading = next((one.mib for one in model.vram if one.precision == precision), None)
    if reading is not None:
        return reading, "table"
    return _fit_mib(model, precision), "fitted"


def recogniser_error(basis: "Basis") -> float:
    """How far the figure may be off, as a share of it."""
    return _READING_ERROR if basis == "table" else _FIT_ERROR


def _fit_mib(model: "SpeechModel", precision: "SpeechPrecision") -> float:
    """Weights, 300 MiB of context and buffers, and the beams of five hypotheses in every decoder layer."""
    return model.parameters_m * _BYTES[precision] + 300 + model.hidden / 1280 * (550 + 18 * model.decoder_layers)
