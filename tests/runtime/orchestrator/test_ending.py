"""How what was said so far ends, and how long the policies wait for more."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.endpointing import Known
from voicectl_runtime.orchestrator.endpointing.adaptive import DICTATED_MS, OPEN_MS, STATEMENT_MS, Adaptive
from voicectl_runtime.orchestrator.endpointing.ending import Ending, ending_of
from voicectl_runtime.orchestrator.endpointing.fixed import Fixed
from voicectl_runtime.orchestrator.endpointing.smart_turn import SmartTurn


@pytest.mark.parametrize(
    "text",
    [
        "When do you open?",
        "I want an appointment.",
        "Who do I speak to?",
        "When can I come in?",
        "Call me at 202-555-0143.",
        "My number is two oh two five five five one two three four.",
        "How much?",
        "Since when?",
        "I will come early.",
        "If I come tomorrow, is there somebody?",
        "It is 1 202 555 0143.",
        "I was born in March 1985.",
        "Can I come at 10:30?",
        "At half past 10.",
        "There are 12 of us.",
        "Write to jo at example dot com.",
        "My e-mail is jo@example.org",
        "Yes.",
        "Can you tell me where you are?",
        "Tell me how much the cleaning is.",
        "On the first of May.",
        "Do you charge for that?",
        "What can I ask you?",
        "I have never been to your clinic before.",
        "When?",
        "What do you have?",
        "You can reach me on 202-555-0143.",
        "",
    ],
)
def test_a_whole_sentence(text: str) -> None:
    """Nothing in it says that more must come."""
    assert ending_of(text) is Ending.WHOLE


@pytest.mark.parametrize(
    "text",
    [
        "I need a cleaning and",
        "What are your opening hours, and?",
        "I would like to know",
        "I want to",
        "I want to, um",
        "I lost a filling because",
        "Can you tell me where the",
        "On Monday, no wait.",
        "I have a question.",
        "I would like to...",
        "If I come tomorrow",
        "Could you tell me?",
        "Please tell me how much.",
        "What happens when?",
        "Could you tell me how much is",
        "I think that",
        "I would like an appointment on Monday,",
        "Do you take -",
        "Can I come on the 22nd of?",
        "Do you do fillings or",
        "Do you have?",
        "Is there anything free for?",
    ],
)
def test_a_sentence_that_goes_on(text: str) -> None:
    """Nobody ends with these words."""
    assert ending_of(text) is Ending.OPEN


@pytest.mark.parametrize(
    "text",
    [
        "My number is 555",
        "Five five five, one two.",
        "555-1234-56",
        "My name is Smith, S-M",
        "J. O. H.",
        "My name is J",
        "Write to john dot smith",
        "My email is info at example",
        "jo@example",
        "It is double four triple seven",
        "My number is 5",
        "My name is W.A.",
        "It is 020 7946.",
        "My e-mail is john.",
        "It is spelled K R.",
        "You can reach me under Peter.",
    ],
)
def test_something_dictated(text: str) -> None:
    """A number, a spelled name, an address: more of it comes after a pause."""
    assert ending_of(text) is Ending.DICTATED


@pytest.mark.parametrize("text", ["Are you open now or?", "Do you do fillings, or?"])
def test_a_question_left_hanging(text: str) -> None:
    """As many people ask; it is whole or not, and the words cannot tell."""
    assert ending_of(text) is Ending.TRAILING


@pytest.mark.parametrize("text", ["Hello.", "Hi there!", "Good morning.", "Excuse me, please.", "Okay, so"])
def test_a_greeting_alone(text: str) -> None:
    """It may be the whole, but a question often follows."""
    assert ending_of(text) is Ending.GREETING


@given(st.text(max_size=300))
def test_any_text_has_an_ending(text: str) -> None:
    """A recogniser may write anything."""
    assert ending_of(text) in Ending


@given(st.lists(st.sampled_from(["zero", "one", "two", "3", "44", "555", "six"]), min_size=1, max_size=12))
def test_only_whole_numbers_end(words: list[str]) -> None:
    """A number that is read out ends at ten or eleven digits."""
    digits = sum(len(word) if word.isdecimal() else 1 for word in words)

    assert (ending_of(f"My number is {' '.join(words)}") is Ending.WHOLE) == (digits in {10, 11})


def test_adaptive_goes_by_the_words() -> None:
    """Quick only where the script answers a whole sentence."""
    policy = Adaptive(quick_ms=200, patient_ms=480)

    assert policy.stop_ms(Known()) == 480
    assert policy.stop_ms(Known("When do you open?", is_covered=True)) == 200
    assert policy.stop_ms(Known("I want an appointment.", is_covered=True)) == 200 + STATEMENT_MS
    assert policy.stop_ms(Known("I want to fly.")) == 480 + STATEMENT_MS
    assert policy.stop_ms(Known("Yes, please.", is_covered=True)) == 200
    assert policy.stop_ms(Known("Do you fly?")) == 480
    assert policy.stop_ms(Known("Are you open now or?", is_covered=True)) == 480
    assert policy.stop_ms(Known("When do you open?", is_covered=True, was_cut_off=True)) == 480
    assert policy.stop_ms(Known("Hello.", is_covered=True)) == OPEN_MS
    assert policy.stop_ms(Known("When do you open and", is_covered=True)) == OPEN_MS
    assert policy.stop_ms(Known("It is 5 5 5", is_covered=True)) == DICTATED_MS
    assert policy.stop_ms(Known("Call me back.", is_message=True)) == DICTATED_MS
    assert Adaptive(200, 2000).stop_ms(Known("It is 5 5 5")) == 2000, "never less than the operator's patience"


@pytest.mark.parametrize(
    ("text", "wait_ms"),
    [
        ("Please tell me do you treat children.", 200),
        ("below where are you located", 200),
        ("how much is a filling", 200),
        ("Hello, is there parking.", 200),
        ("Have you any time on Monday.", 200),
        ("Is anybody there who speaks Spanish.", 200),
        ("This is my first visit.", 200 + STATEMENT_MS),
        ("I need a dentist who speaks Spanish.", 200 + STATEMENT_MS),
        ("I have the worst toothache.", 200 + STATEMENT_MS),
        ("I am running late.", 200 + STATEMENT_MS),
    ],
)
def test_a_question_is_known_by_its_words_too(text: str, wait_ms: int) -> None:
    """Recognisers leave the mark away."""
    assert Adaptive(200, 480).stop_ms(Known(text, is_covered=True)) == wait_ms


def test_smart_turn_listens_to_the_voice_too() -> None:
    """Quick only where words and voice agree; no opinion yet is no hurry."""
    policy = SmartTurn(quick_ms=200, patient_ms=480)
    asked = Known("When do you open?", is_covered=True)

    assert policy.stop_ms(asked) == 480
    assert policy.stop_ms(replace(asked, sounds_complete=0.9)) == 200
    assert policy.stop_ms(replace(asked, sounds_complete=0.1)) == 480
    assert policy.stop_ms(Known("Do you fly?")) == 480
    assert policy.stop_ms(Known("Do you fly?", sounds_complete=0.9)) == 480
    assert policy.stop_ms(Known("Do you fly?", sounds_complete=0.1)) == OPEN_MS
    assert policy.stop_ms(Known("and", sounds_complete=0.9)) == OPEN_MS
    assert policy.stop_ms(Known("Call me back.", is_message=True, sounds_complete=0.9)) == DICTATED_MS


def test_fixed_is_always_the_same() -> None:
    """Whatever was said."""
    assert Fixed(480).stop_ms(Known("and")) == Fixed(480).stop_ms(Known("When?", is_covered=True)) == 480
