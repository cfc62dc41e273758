"""What only shows that somebody listens."""

import pytest

from voicectl_runtime.orchestrator.backchannel import is_backchannel


@pytest.mark.parametrize(
    "said",
    ["Yes.", "Mm-hmm.", "MMHN", "M-H-M.", "HMM", "Uh-huh.", "Okay, okay.", "Yes, I see.", "All right.", "Oh, got it!"],
)
def test_assent(said: str) -> None:
    """As recognisers write it, once or several times over."""
    assert is_backchannel(said, "en")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "No.",
        "Stop.",
        "Wait.",
        "Yes, but when?",
        "Okay, goodbye.",
        "Right now?",
        "I see a dentist.",
        "Hello?",
        "nm1",
    ],
)
def test_everything_else_wants_an_answer(said: str) -> None:
    """A word of assent in a sentence is a part of that sentence."""
    assert not is_backchannel(said, "en")


def test_hums_need_no_language() -> None:
    """And a language without a list has nothing but hums."""
    assert is_backchannel("Mhm.", "xx")
    assert not is_backchannel("Yes.", "xx")
