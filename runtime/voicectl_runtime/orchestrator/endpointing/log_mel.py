"""Whisper's picture of a voice, as Smart Turn was trained on it: 80 mel bands, 100 frames a second."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 16_000
SECONDS: Final = 8
FRAME: Final = 400
HOP: Final = 160
BANDS: Final = 80
QUIETEST: Final = 1e-10
RANGE_LOG10: Final = 8.0
"""What is 80 dB below the loudest is taken for silence."""

Audio = NDArray[np.float32]


def log_mel(audio: Audio) -> NDArray[np.float32]:
    """Audio at 16 kHz to (80, 800): the last 8 s, silence before them where there is less, loudness evened out."""
    samples = RATE_HZ * SECONDS
    last = np.pad(audio[-samples:], (max(0, samples - len(audio)), 0))
    even = (last - last.mean()) / np.sqrt(last.var() + 1e-7)
    reflected = np.pad(even, FRAME // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(reflected, FRAME)[:-1:HOP]
    power = np.square(np.abs(np.fft.rfft(frames * _WINDOW)))
    loud = np.log10(np.maximum(power @ _MEL_FILTERS, QUIETEST)).T
    picture: NDArray[np.float32] = ((np.maximum(loud, loud.max() - RANGE_LOG10) + 4) / 4).astype(np.float32)
    return picture


def _mel_filters() -> NDArray[np.float64]:
    """Slaney's bands: linear to 1 kHz, logarithmic above, each of the same area."""
    edges = _hertz(np.linspace(0, _mel(RATE_HZ / 2), BANDS + 2))
    bins = np.linspace(0, RATE_HZ / 2, FRAME // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins) / np.diff(edges)[1:]
    filters: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
    return filters


def _mel(hertz: float) -> float:
    """For frequencies above 1 kHz."""
    return float(15 + np.log(hertz / 1000) * 27 / np.log(6.4))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))  # noqa: PLR2004 - 1 kHz is 15 mel


_WINDOW: Final = np.hanning(FRAME + 1)[:-1]
_MEL_FILTERS: Final = _mel_filters()
