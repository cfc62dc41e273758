"""What the recogniser refuses before it has any weights."""

from pathlib import Path

import pytest

from voicectl_runtime.stt.recogniser import Recogniser


def test_missing_weights_are_named_and_looked_for_nowhere_else(tmp_path: Path) -> None:
    """No model hub is asked for what should lie on this machine."""
    with pytest.raises(FileNotFoundError, match=r"model\.bin is missing; run `voicectl models fetch`"):
        Recogniser(tmp_path, compute_type="int8", device="cpu", threads=1)
