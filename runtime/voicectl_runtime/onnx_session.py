"""A small network on few threads that sleep when they have nothing to do: here many engines share few cores."""

from pathlib import Path
from typing import Any

import onnxruntime


def onnx_session(model: Path | bytes, threads: int = 1) -> Any:
    """A session on the processor, from a file or its bytes.

    Spinning threads would take their core from the engines that work meanwhile.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
