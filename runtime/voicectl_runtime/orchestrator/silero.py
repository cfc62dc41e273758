"""Silero VAD at 8 kHz as a few large products of matrices, for the windows of many calls at once.

ONNX Runtime takes each window's convolutions on their own: 38 us a window, however many there are. Here all windows
share each product: 13 us among 32. What comes out is the same to the fifth decimal.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicectl_runtime.orchestrator.onnx_constants import constants_of

AT_8_KHZ: Final = "If_0_else_branch__Inline_0__"
"""The file holds two networks; the other one is for 16 kHz."""
FRAME, HOP, BINS = 128, 64, 65
"""Samples of a short-time spectrum, from one to the next, and its frequencies."""
REFLECTED: Final = 32
"""Samples at the end of a window that are heard once more, backwards."""
UNITS: Final = 128

Floats = NDArray[np.float32]


class Silero:
    """The network's weights, laid out for products with a batch."""

    def __init__(self, model_file: Path) -> None:
        """Read the weights.

        Raises:
            ValueError: they are not in the file.
        """
        found = constants_of(model_file.read_bytes())
        try:
            self._lay_out({name.removeprefix(AT_8_KHZ): values for name, values in found.items() if AT_8_KHZ in name})
        except (KeyError, ValueError) as error:
            raise ValueError(f"{model_file} is not the Silero VAD that this agent knows: {error}") from error

    def look(self, samples: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Probabilities of speech and the next state; (windows, samples) and (2, windows, units)."""
        heard = self._encoded(self._spectra(samples))
        gates = np.concatenate((heard, state[0]), axis=1) @ self._gates + self._gates_bias
        gates = np.tanh(gates, out=gates).reshape(-1, 4, UNITS)
        enter, forget, fresh, leave = gates[:, 0], gates[:, 1], gates[:, 2], gates[:, 3]
        # Half of (tanh + 1) is the sigmoid of twice the argument; the weights have been halved for that.
        after = np.empty_like(state)
        after[1] = ((forget + 1) * state[1] + (enter + 1) * fresh) / 2
        after[0] = (leave + 1) / 2 * np.tanh(after[1])
        return 1 / (1 + np.exp(-(np.maximum(after[0], 0) @ self._out + self._out_bias))), after

    def _spectra(self, samples: Floats) -> Floats:
        """The loudness of each frequency, frame by frame."""
        whole = np.concatenate((samples, samples[:, -2 : -2 - REFLECTED : -1]), axis=1)
        starts = range(0, whole.shape[1] - FRAME + 1, HOP)
        frames = np.concatenate([whole[:, None, start : start + FRAME] for start in starts], axis=1)
        waves = frames.reshape(-1, FRAME) @ self._basis
        waves *= waves
        loudness: Floats = np.sqrt(waves[:, :BINS] + waves[:, BINS:])
        return loudness.reshape(len(samples), -1, BINS)

    def _encoded(self, spectra: Floats) -> Floats:
        """Four convolutions of width 3; the last two see one and two frames, so that fewer of their weights matter."""
        for step, (weights, bias) in zip((1, 2), self._wide, strict=True):
            threes = _threes(spectra, step)
            # One product: numpy would make one of each window's.
            made = threes.reshape(-1, threes.shape[2]) @ weights + bias
            spectra = np.maximum(made, 0).reshape(*threes.shape[:2], -1)
        heard = spectra.reshape(len(spectra), -1)
        for weights, bias in self._narrow:
            heard = np.maximum(heard @ weights + bias, 0)
        return heard

    def _lay_out(self, weights: dict[str, Floats]) -> None:
        self._basis = weights["stft.forward_basis_buffer"].reshape(2 * BINS, FRAME).T.copy()
        layers = [
            (_by_tap(weights[f"encoder.{number}.reparam_conv.weight"], bias), bias)
            for number in range(4)
            for bias in [weights[f"encoder.{number}.reparam_conv.bias"]]
        ]
        self._wide = [(taps.reshape(-1, len(bias)), bias) for taps, bias in layers[:2]]
        seen = (slice(1, 3), slice(1, 2))
        self._narrow = [
            (taps[part].reshape(-1, len(bias)), bias) for part, (taps, bias) in zip(seen, layers[2:], strict=True)
        ]
        half = np.repeat(np.array((0.5, 0.5, 1, 0.5), np.float32), UNITS)
        both = [weights[f"decoder.rnn.weight_{of}"].reshape(4 * UNITS, UNITS).T for of in ("ih", "hh")]
        self._gates = np.concatenate(both) * half
        self._gates_bias = (weights["decoder.rnn.bias_ih"] + weights["decoder.rnn.bias_hh"]) * half
        self._out, self._out_bias = weights["decoder.decoder.2.weight"], weights["decoder.decoder.2.bias"]


def _by_tap(weights: Floats, bias: Floats) -> Floats:
    """From (out, in, tap) to (tap, in, out)."""
    return weights.reshape(len(bias), -1, 3).transpose(2, 1, 0).copy()


def _threes(frames: Floats, step: int) -> Floats:
    """Each frame between its neighbours, silence beyond the ends: (windows, frames, 3 * features)."""
    windows, count, features = frames.shape
    padded = np.zeros((windows, count + 2, features), np.float32)
    padded[:, 1:-1] = frames
    return np.concatenate((padded[:, :-2:step], padded[:, 1:-1:step], padded[:, 2::step]), axis=2)
