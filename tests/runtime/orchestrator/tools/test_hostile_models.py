"""Whatever a model writes: nothing is done that is not listed, and nothing of a call is ever spoken."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runtime.orchestrator.noted import looks_well
from tests.runtime.orchestrator.short_phrases import PHRASES
from voicectl_runtime.orchestrator.agi import checked
from voicectl_runtime.orchestrator.dialogue import Wish
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.thought import Thought
from voicectl_runtime.orchestrator.tools.collect_digits import CollectDigits
from voicectl_runtime.orchestrator.tools.end_call import EndCall
from voicectl_runtime.orchestrator.tools.toolbox import Toolbox
from voicectl_runtime.orchestrator.tools.transfer import Transfer
from voicectl_runtime.orchestrator.tools.wanted import ToolCall
from voicectl_runtime.orchestrator.wanted_digits import MOST_DIGITS, Wanted
from voicectl_runtime.settings import Person

PEOPLE: Final = (Person("reception", "the reception"), Person("nurse", "the nurse"))
KEYS: Final = {person.key for person in PEOPLE}
HOSTILE: Final = [
    *("+19005551234", "1900", "٣٣٣", "PJSIP/itsp/1900", "reception&PJSIP/x", "Reception", "reception ", "RECEPTION"),
    *("${SHELL(id)}", "reception\n", "reception\nEXEC System id", "re\0ception", "", "*", "__class__", "x" * 500),
]
TOGETHER: Final = 25
"""Outputs that are made at once: two hundred times this is five thousand."""
NAMES: Final = [
    "transfer",
    "end_call",
    "Transfer",
    "dial",
    "exec",
    "transfer\n",
    "__init__",
    "use",
    "collect_digits",
    "",
]

values = st.one_of(
    st.sampled_from(HOSTILE),
    st.sampled_from(sorted(KEYS)),
    st.text(max_size=20),
    st.integers(),
    st.none(),
    st.booleans(),
)
arguments = st.one_of(
    st.dictionaries(
        st.sampled_from(["to", "person", "number", "key", "most"]), values | st.lists(values, max_size=2), max_size=2
    ),
    values,
    st.lists(values, max_size=2),
)
documents = st.fixed_dictionaries({"name": st.sampled_from(NAMES) | values, "arguments": arguments})
SHAPES: Final = [
    "{}", "<tool_call>\n{}\n</tool_call>", "```json\n{}\n```", "[{}]", "Sure, I do that. {}", "{}{}",
    '{{"function": {}}}',
    "<tool_call>{}", "Let me put you through now <tool_call>{}</tool_call> done", "{{{}", '{{"tool_calls": [{}]}}',
]  # fmt: skip
written = st.one_of(
    st.builds(
        lambda shape, document: shape.replace("{}", json.dumps(document)).replace("{{", "{"),
        st.sampled_from(SHAPES),
        documents,
    ),
    st.text(max_size=60),
    st.builds(lambda count: '{"name": "transfer", "arguments": ' + "[" * count, st.integers(1, 4000)),
)


class Model:
    """Says what it is given, in pieces that no word ends with."""

    def __init__(self, pieces: Sequence[str | ToolCall]) -> None:
        self._pieces = pieces

    async def answer(self, *_: object) -> AsyncGenerator[str | ToolCall, None]:
        """Tokens and calls."""
        yield ""
        for piece in self._pieces:
            if isinstance(piece, ToolCall):
                yield piece
                continue
            size = max(5, len(piece) // 20)
            for at in range(0, len(piece), size):
                yield piece[at : at + size]


async def answer(pieces: Sequence[str | ToolCall], toolbox: Toolbox | None = None) -> tuple[list[str], Wish]:
    """What is spoken, and what is to be done then."""
    toolbox = toolbox or Toolbox([Transfer(PEOPLE), EndCall(), CollectDigits()])
    model: Any = Model(pieces)
    thought = Thought(
        Ladder("llm", 5.0, [Rung("m", model, 0.1, looks_well)]), toolbox, PHRASES, Wish(), lambda *_, **__: None
    )
    return [clause async for clause in thought.words("Hello.", [])], thought.wish


async def answers(outputs: Sequence[Sequence[str | ToolCall]]) -> list[tuple[list[str], Wish]]:
    """To each of many."""
    return [await answer(pieces) for pieces in outputs]


def ensure_harmless(said: list[str], wish: Wish) -> None:
    """Only a listed person, in words that Asterisk may hear; and no data for the caller's ears."""
    assert wish.then in {"listen", "transfer", "goodbye", "collect"}
    assert (wish.person in KEYS) == (wish.then == "transfer")
    assert (wish.wanted is not None) == (wish.then == "collect")
    assert wish.wanted is None or (1 <= wish.wanted.most <= MOST_DIGITS and not wish.wanted.look_up)
    if wish.person:
        assert checked(("SET", "VARIABLE", "VOICECTL_NEXT", wish.person)).count(b" ") == 3
    assert not [clause for clause in said if "tool_call" in clause or "arguments" in clause]


sent = st.builds(
    ToolCall,
    st.sampled_from(NAMES) | st.text(max_size=20),
    st.dictionaries(st.sampled_from(["to", "x", "most"]), values),
)


@given(st.lists(written, min_size=TOGETHER, max_size=TOGETHER))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_five_thousand_written_calls(texts: list[str]) -> None:
    """Bare JSON, tags, fences, lists, halves of all that, and noise."""
    for said, wish in asyncio.run(answers([[text] for text in texts])):
        ensure_harmless(said, wish)


@given(st.lists(st.lists(sent, max_size=5), min_size=TOGETHER, max_size=TOGETHER))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_five_thousand_sent_calls(turns: list[list[ToolCall]]) -> None:
    """The same, apart from the words, as Ollama hands them on."""
    for calls, (said, wish) in zip(turns, asyncio.run(answers(turns)), strict=True):
        ensure_harmless(said, wish)
        assert bool(said) == bool(calls)


@pytest.mark.parametrize("to", HOSTILE)
async def test_nobody_but_the_listed(to: str) -> None:
    """A number, a channel, other letters, other capitals: ignored, and the caller hears that."""
    said, wish = await answer([json.dumps({"name": "transfer", "arguments": {"to": to}})])

    assert (said, wish) == ([PHRASES.not_understood], Wish())


@pytest.mark.parametrize("shape", SHAPES[:6])
async def test_a_written_call_is_done_and_not_spoken(shape: str) -> None:
    """However it is wrapped."""
    call = json.dumps({"name": "transfer", "arguments": {"to": "nurse"}})
    said, wish = await answer([shape.replace("{}", call)])

    assert wish == Wish("transfer", "nurse")
    assert said == (["Sure, I do that."] if shape.startswith("Sure") else [PHRASES.filler[0]])


async def test_the_first_wish_counts() -> None:
    """Nobody can be put through twice."""
    calls = [ToolCall("transfer", {"to": key}) for key in ("nurse", "reception")]

    assert await answer(calls) == ([PHRASES.filler[0]], Wish("transfer", "nurse"))


async def test_no_second_transfer() -> None:
    """Where the first one found nobody, the model has that tool no more."""
    toolbox = Toolbox([Transfer(PEOPLE), EndCall()], may_transfer=False)

    assert await answer([ToolCall("transfer", {"to": "nurse"})], toolbox) == ([PHRASES.not_understood], Wish())
    assert await answer([ToolCall("end_call", {})], toolbox) == ([PHRASES.goodbye], Wish("goodbye"))


async def test_many_calls_are_too_many() -> None:
    """Three in a turn, ten in a call."""
    toolbox = Toolbox([EndCall()])
    wrong = ToolCall("x", {})
    for _ in range(3):
        assert (await answer([wrong] * 3 + [ToolCall("end_call", {})], toolbox))[1] == Wish()
    assert (await answer([wrong, ToolCall("end_call", {})], toolbox))[1] == Wish()


async def test_words_before_a_call_are_enough() -> None:
    """Nothing is added to what the model says itself."""
    said, wish = await answer(["Goodbye and thank you.", ToolCall("end_call", {"reason": "done"})])

    assert (said, wish) == (["Goodbye and thank you."], Wish("goodbye"))


@pytest.mark.parametrize("most", [0, -1, MOST_DIGITS + 1, 10**400, True, 4.0, "4", "", None, [4]])
async def test_a_count_that_is_none(most: object) -> None:
    """Nothing is collected, and the caller hears that they were not understood."""
    assert await answer([ToolCall("collect_digits", {"most": most})]) == ([PHRASES.not_understood], Wish())


async def test_digits_are_asked_for_in_the_models_own_words() -> None:
    """Or in ours, where it says nothing."""
    call = ToolCall("collect_digits", {"most": 8})

    assert await answer(["Please type it now.", call]) == (
        ["Please type it now."],
        Wish("collect", wanted=Wanted(8)),
    )
    assert await answer([call]) == ([PHRASES.type_digits], Wish("collect", wanted=Wanted(8)))
