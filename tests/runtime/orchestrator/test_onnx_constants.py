"""Reading a model's weights: what the format says is found, and no file of another kind does harm."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.onnx_constants import constants_of
from voicectl_runtime.orchestrator.silero import Silero

WEIGHTS = np.linspace(-1, 1, 300, dtype="<f4")


def varint(value: int) -> bytes:
    """A number as protocol buffers write it."""
    return bytes([value & 0x7F | 0x80]) + varint(value >> 7) if value > 0x7F else bytes([value])


def field(number: int, value: bytes) -> bytes:
    """A field that has a length."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def constant(name: bytes, weights: bytes) -> bytes:
    """A node of a graph; among its tensor's fields are numbers of every other kind."""
    other = varint(1 << 3) + varint(300) + varint(20 << 3 | 1) + bytes(8) + varint(21 << 3 | 5) + bytes(4)
    return field(1, field(2, name) + field(5, field(1, b"value") + field(5, other + field(9, weights))))


def test_constants_are_found_by_name_in_every_branch() -> None:
    """As Silero's two networks lie in the branches of a choice."""
    branch = constant(b"inner", WEIGHTS[:2].tobytes())
    choice = field(1, field(2, b"outputs") + field(5, field(1, b"else_branch") + field(6, branch)))
    found = constants_of(field(7, constant(b"outer", WEIGHTS.tobytes()) + choice))

    assert {name: values.tolist() for name, values in found.items()} == {
        "outer": WEIGHTS.tolist(),
        "inner": WEIGHTS[:2].tolist(),
    }


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: field(7, rest)))
def test_whatever_lies_there(file: bytes) -> None:
    """It is read, or refused with the one error that is expected."""
    try:
        constants_of(file)
    except ValueError:
        return


def test_another_model_is_refused_by_name(tmp_path: Path) -> None:
    """Not in the middle of a call."""
    (tmp_path / "other.onnx").write_bytes(field(7, constant(b"outer", WEIGHTS.tobytes())))

    with pytest.raises(ValueError, match=r"other\.onnx is not the Silero VAD"):
        Silero(tmp_path / "other.onnx")
