"""A VITS voice in two halves: the first plans the whole sentence, the second makes it audible, a piece at a time."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import onnx
from onnx.utils import Extractor

from voicectl_runtime.onnx_session import onnx_session
from voicectl_runtime.tts.voice import Sound

SEAM: Final = "dec.conv_pre.weight"
"""What the decoder (HiFi-GAN) begins with, in every voice that Piper's training exports."""
FIRST_FRAMES: Final = 24
"""0.28 s at 22,050 Hz, decoded in a fifth of the time that a clause of 2 s takes as a whole. Each further piece is
twice as long as the one before, so that the frames around the seams, which are decoded twice, cost little."""
CONTEXT_FRAMES: Final = 16
"""On both sides of a piece. With 8 a sample is off by 0.001 at most, with 12 by a millionth, with 16 by nothing."""

Given = Mapping[str, Any]
"""The model's inputs by name."""


class Vits:
    """One loaded voice; not for several threads at once."""

    def __init__(self, model_file: Path, threads: int) -> None:
        """Cut the model in two and load both; takes about 2 s.

        Raises:
            ValueError: there is no decoder in it.
        """
        planner, decoder = halves(model_file)
        self._planner, self._decoder = onnx_session(planner, threads), onnx_session(decoder, threads)
        self._seam, *self._beside = (each.name for each in self._decoder.get_inputs())

    def speak(self, given: Given) -> Iterator[Sound]:
        """The whole sentence's sound, in pieces that fit each other to the sample."""
        (frames,) = self._planner.run(None, given)
        begin, length, count = 0, FIRST_FRAMES, frames.shape[2]
        while begin < count:
            end = begin + length if count - begin - length > CONTEXT_FRAMES else count
            yield self._decoded(frames, begin, end, given)
            begin, length = end, 2 * length

    def _decoded(self, frames: Any, begin: int, end: int, given: Given) -> Sound:
        left, right = max(0, begin - CONTEXT_FRAMES), min(frames.shape[2], end + CONTEXT_FRAMES)
        beside = {name: given[name] for name in self._beside}
        sound: Sound = self._decoder.run(None, {self._seam: frames[:, :, left:right], **beside})[0].reshape(-1)
        hop = len(sound) // (right - left)
        return sound[(begin - left) * hop : (end - left) * hop]


def halves(model_file: Path) -> tuple[bytes, bytes]:
    """Two models for one: from the text to the decoder's frames, and from these to the sound.

    Raises:
        ValueError: there is no decoder in it.
    """
    whole = onnx.load(model_file)
    seam = next((node.input[0] for node in whole.graph.node if SEAM in node.input), None)
    if seam is None:
        raise ValueError(f"{model_file}: no Piper voice, there is no {SEAM} in it")
    inputs = [each.name for each in whole.graph.input]
    # Not every exporter writes down what is inside.
    whole.graph.value_info.append(onnx.helper.make_tensor_value_info(seam, onnx.TensorProto.FLOAT, [1, None, None]))
    cutter = Extractor(whole)
    planner = cutter.extract_model(inputs, [seam])
    # A voice of many speakers tells its decoder too who speaks.
    decoder = cutter.extract_model([seam, *({"sid"} & set(inputs))], [whole.graph.output[0].name])
    return planner.SerializeToString(), decoder.SerializeToString()
