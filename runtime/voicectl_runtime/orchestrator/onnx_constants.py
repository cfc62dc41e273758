"""The constants of an ONNX file, read without the large library: few fields of its protocol buffers matter."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Field numbers of onnx.proto: ModelProto.graph, GraphProto.node, NodeProto.output and .attribute, AttributeProto.t
# and .g, TensorProto.raw_data.
GRAPH, NODE, OUTPUT, ATTRIBUTE, TENSOR, BRANCH, RAW = 7, 1, 2, 5, 5, 6, 9
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5
SKIPPED: Final = {EIGHT_BYTES: 8, FOUR_BYTES: 4}


def constants_of(model: bytes) -> dict[str, NDArray[np.float32]]:
    """All 32-bit words of every constant, by the name under which the graph knows it.

    Raises:
        ValueError: this is no such file.
    """
    try:
        graphs = [graph for number, graph in _fields(memoryview(model)) if number == GRAPH]
        return {name: values for graph in graphs for name, values in _constants(graph)}
    except (IndexError, RecursionError) as error:
        raise ValueError("not an ONNX file") from error


def _constants(graph: memoryview) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for _, node in (field for field in _fields(graph) if field[0] == NODE):
        parts = list(_fields(node))
        name = next((bytes(part).decode() for number, part in parts if number == OUTPUT), "")
        for _, attribute in (part for part in parts if part[0] == ATTRIBUTE):
            for number, value in _fields(attribute):
                if number == TENSOR:
                    raw = next((data for field, data in _fields(value) if field == RAW), memoryview(b""))
                    yield name, np.frombuffer(raw, np.uint8)[: len(raw) & ~3].view("<f4")
                elif number == BRANCH:
                    yield from _constants(value)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields that have a length, by their numbers; plain numbers are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == LENGTH:
            size, at = _varint(message, at)
            if size > len(message) - at:
                raise ValueError("not an ONNX file: it breaks off")
            yield key >> 3, message[at : at + size]
            at += size
        elif key & 7 == VARINT:
            _, at = _varint(message, at)
        elif key & 7 in SKIPPED:
            at += SKIPPED[key & 7]
        else:
            raise ValueError("not an ONNX file: no such kind of field")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return value | message[at] << shift, at + 1
