"""The voice of last resort: the real program where it is installed, and others in its place."""

from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.espeak import Espeak

PROGRAM = Path("/usr/bin/espeak-ng")

needs_espeak = pytest.mark.skipif(not PROGRAM.exists(), reason="espeak-ng is not installed; `voicectl deploy` does")


async def said(espeak: Espeak, text: str, rate_hz: int = 8000) -> bytes:
    async with aclosing(espeak.speak(text, rate_hz)) as pieces:
        return b"".join([piece async for piece in pieces])


@needs_espeak
@pytest.mark.parametrize("rate_hz", [8000, 16000])
async def test_it_speaks_at_a_telephone_s_rate(rate_hz: int) -> None:
    """Two seconds of speech, loud enough."""
    text = "We are open from nine to five on weekdays."
    samples = np.frombuffer(await said(Espeak(PROGRAM, "en"), text, rate_hz), "<i2")

    assert 1.5 < len(samples) / rate_hz < 5
    assert np.abs(samples).max() > 3000


@needs_espeak
async def test_nothing_in_the_text_is_an_order() -> None:
    """Options, markup and phonemes are read out like any other words."""
    plain = await said(Espeak(PROGRAM, "en"), "hello")
    for hostile in ("--version hello", "-w /tmp/x hello", "<break time='9s'/> hello", "[[h@l'oU]] hello"):
        assert len(await said(Espeak(PROGRAM, "en"), hostile)) > len(plain) * 1.2


@needs_espeak
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80))
async def test_any_text(text: str) -> None:
    """Sound, or an engine's failure; nothing else."""
    try:
        assert len(await said(Espeak(PROGRAM, "en"), text)) % 2 == 0
    except EngineError as error:
        assert error.engine == "tts"  # noqa: PT017 - silence is allowed as well


@pytest.mark.parametrize("source", ["exit 1", "echo sound", "printf RIFF", "kill -9 $$"])
async def test_a_program_that_errs(tmp_path: Path, source: str) -> None:
    """One kind of error, and no second try: it would do the same."""
    program = tmp_path / "espeak-ng"
    program.write_text(f"#!/bin/sh\n{source}\n", encoding="ascii")
    program.chmod(0o755)

    with pytest.raises(EngineError, match="tts: espeak-ng") as failure:
        await said(Espeak(program, "en"), "hello")

    assert failure.value.again_after_s is None


async def test_no_program() -> None:
    """A machine that has none."""
    with pytest.raises(EngineError, match="FileNotFoundError"):
        await said(Espeak(Path("/nonexistent/espeak-ng"), "en"), "hello")
