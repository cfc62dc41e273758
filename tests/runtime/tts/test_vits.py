"""A voice's sentence comes in pieces that nobody can tell from the whole."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from voicectl_runtime.onnx_session import onnx_session
from voicectl_runtime.tts.vits import FIRST_FRAMES, SEAM, Given, Vits

HOP = 8
KERNEL = 9


def small_voice(folder: Path, *, seam: str = SEAM, speakers: bool = False) -> Path:
    """A frame for each phoneme, a decoder that looks four frames around each, and eight samples a frame."""
    random = np.random.default_rng(1)
    weights = {
        seam: random.normal(size=(4, 1, KERNEL)).astype(np.float32),
        "dec.ups.0.weight": random.normal(size=(4, 1, 2 * HOP)).astype(np.float32),
        "axis": np.array([1]),
    }
    nodes = [
        helper.make_node("Cast", ["input"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["numbers", "axis"], ["plain_frames"]),
        helper.make_node("Sin", ["plain_frames"], ["frames"]),
        helper.make_node("Conv", ["frames", seam], ["seen"], pads=[KERNEL // 2, KERNEL // 2]),
        helper.make_node("ConvTranspose", ["seen", "dec.ups.0.weight"], ["sound"], strides=[HOP], pads=[4, 4]),
    ]
    inputs: dict[str, tuple[int, list[str | int | None]]] = {
        "input": (TensorProto.INT64, [1, "phonemes"]),
        "scales": (TensorProto.FLOAT, [3]),
    }
    if speakers:
        inputs["sid"] = (TensorProto.INT64, [1])
        nodes[-1].output[0] = "same_sound"
        nodes += [
            helper.make_node("Cast", ["sid"], ["speaker"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["same_sound", "speaker"], ["sound"]),
        ]
    graph = helper.make_graph(
        nodes,
        "voice",
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
        [helper.make_tensor_value_info("sound", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    file = folder / "voice.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), file)
    return file


def asked(phonemes: int) -> Given:
    """What the voice is given for a sentence of so many phonemes."""
    return {"input": np.arange(phonemes)[None], "scales": np.ones(3, np.float32)}


@pytest.fixture(scope="module")
def voice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_voice(tmp_path_factory.mktemp("voice"))


@settings(deadline=None, max_examples=30)
@given(phonemes=st.integers(1, 400))
def test_the_pieces_are_the_whole(voice_file: Path, phonemes: int) -> None:
    """To the sample, however long the sentence is."""
    whole = onnx_session(voice_file).run(None, asked(phonemes))[0].reshape(-1)
    pieces = list(Vits(voice_file, 1).speak(asked(phonemes)))

    assert np.abs(np.concatenate(pieces) - whole).max() < 1e-5
    assert len(pieces[0]) <= HOP * max(FIRST_FRAMES, phonemes if phonemes <= 2 * FIRST_FRAMES else 0)


def test_who_speaks_is_told_to_both_halves(tmp_path: Path) -> None:
    """A voice of many speakers needs it in its decoder too."""
    voice = Vits(small_voice(tmp_path, speakers=True), 1)
    once, twice = (np.concatenate(list(voice.speak({**asked(60), "sid": np.array([speaker])}))) for speaker in (1, 2))

    assert np.array_equal(twice, 2 * once)


def test_another_model_is_none(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(ValueError, match=r"voice\.onnx: no Piper voice"):
        Vits(small_voice(tmp_path, seam="conv.weight"), 1)
