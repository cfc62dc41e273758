"""One call's talk, with fakes for ears, chain and mouth, and the real turn on a clock of windows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.runtime.orchestrator.short_phrases import PHRASES
from voicectl_runtime.orchestrator.agi import AgiGarbledError, AgiGoneError
from voicectl_runtime.orchestrator.attempt import Answered, Attempt
from voicectl_runtime.orchestrator.conversation import Conversation
from voicectl_runtime.orchestrator.dialogue import Dialogue, Mood, Reply
from voicectl_runtime.orchestrator.ending import Ending
from voicectl_runtime.orchestrator.endpointing.adaptive import Adaptive
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Note
from voicectl_runtime.orchestrator.floor import Floor
from voicectl_runtime.orchestrator.mouth import Spoken
from voicectl_runtime.orchestrator.record import TurnRow
from voicectl_runtime.orchestrator.script.dialogue import Answer, Script
from voicectl_runtime.orchestrator.script.matcher import Match
from voicectl_runtime.orchestrator.speech import Speech
from voicectl_runtime.orchestrator.turn import WINDOW_MS, State, Turn
from voicectl_runtime.settings import Person, Turns

ANSWERS: Final = (
    Answer("hours", ("when",), "At nine."),
    Answer("person", ("person",), "I connect you.", "transfer"),
    Answer("goodbye", ("bye",), "Bye.", "goodbye"),
    Answer("message", ("message",), "Leave it now.", "message"),
    Answer("yes", ("yes",), "", "yes"),
    Answer("no", ("no",), "", "no"),
)
POLICY: Final = Turns(
    Path("vad"),
    stop_ms=200,
    patience_ms=200,
    barge_in_ms=60,
    silence_ms=8000,
    longest_turn_ms=30000,
    endpointing="adaptive",
    turn_model_file=None,
)


class FakeEars:
    """Remembers from when on audio was wanted."""

    def __init__(self) -> None:
        self.wanted: list[float] = []
        self.kept_from = 0.0

    def speech_since(self, began_ms: float) -> bytes:
        """Two bytes are enough."""
        self.wanted.append(began_ms)
        return b"\1\0"

    def forget_before(self, began_ms: float) -> None:
        """Note it."""
        self.kept_from = began_ms

    def forget_answered(self) -> None:
        """Nothing is kept here."""


class FakeMouth:
    """Speaks until it is told that it has finished."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.stops = 0
        self.is_held = False
        self.heard_ms = 300.0
        self._done: asyncio.Future[Spoken] | None = None
        self.failure: Exception | None = None

    async def say(self, speech: Speech, on_first: Callable[[], None]) -> Spoken:
        """The first sound goes out at once."""
        if self.failure:
            raise self.failure
        self.said.append(speech.text)
        self.is_held = False
        on_first()
        self._done = asyncio.get_running_loop().create_future()
        return await self._done

    def hold(self) -> None:
        """Silence, for now."""
        self.is_held = True

    def go_on(self) -> None:
        """From where it was."""
        self.is_held = False

    def stop(self) -> None:
        """As the real one: what was being said ends as interrupted."""
        self.stops += 1
        if self._done and not self._done.done():
            self._done.set_result(Spoken(self.heard_ms, was_interrupted=True))

    def finish(self) -> None:
        """The speech was heard to its end."""
        assert self._done is not None
        assert not self.is_held, "nobody heard the end"
        self._done.set_result(Spoken(1000, was_interrupted=False))


class FakeChain:
    """Answers when the test says what the caller said."""

    def __init__(self) -> None:
        self.attempts: list[asyncio.Future[tuple[str, str | None]]] = []
        self.breaks_off = False
        self.has_made_all = True
        self.histories: list[list[tuple[str, str]]] = []
        self.read: list[list[tuple[str, str]]] = []

    def attempt(self, pcm: bytes, dialogue: Dialogue, history: list[tuple[str, str]], note: Note) -> Attempt:
        """Begin, and wait for the test."""
        assert pcm
        heard: asyncio.Future[tuple[str, str | None]] = asyncio.get_running_loop().create_future()
        self.attempts.append(heard)
        self.histories.append(list(history))

        async def work(attempt: Attempt) -> Answered | None:
            said, answer_id = await heard
            if not said:
                return None
            attempt.said = said
            if answer_id == "failure":
                note("engine_failed", engine="stt", why="gone")
                return Answered(said, reply := dialogue.failed(), self.say(reply, note))
            reply = dialogue.decide(said, Match(answer_id, 0.9, 0.0))
            speech = self.say(reply, note)
            speech.failure = EngineError("tts", "reset") if self.breaks_off else None
            return Answered(said, reply, speech)

        return Attempt(work)

    async def listen(self, _: Dialogue, history: list[tuple[str, str]]) -> None:
        """Remember it."""
        self.read.append(history)

    def say(self, reply: Reply, note: object) -> Speech:
        """A speech that has its words."""
        assert callable(note)
        speech = Speech(reply.text)
        speech._clauses = [(reply.text, 16000)]
        speech.has_ended = self.has_made_all
        return speech

    def hears(self, said: str, answer_id: str | None = None) -> None:
        """The newest attempt has its words."""
        self.attempts[-1].set_result((said, answer_id))


@dataclass
class FakeRecord:
    """Rows in a list."""

    turn: int = 0
    rows: dict[int, TurnRow] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)

    def note(self, name: str, at_ms: float, detail: dict[str, object], turn: int | None = None) -> None:
        """The name is enough."""
        assert isinstance(at_ms, float)
        assert isinstance(detail, dict)
        assert turn is None or turn > 0
        self.events.append(name)

    def write_turn_soon(self, row: TurnRow) -> None:
        """As the other."""
        self.rows[row.number] = row

    async def write_turn(self, row: TurnRow) -> bool:
        """Durable at once."""
        self.rows[row.number] = row
        return True


class Stage:
    """A conversation and all that surrounds it."""

    def __init__(self) -> None:
        self.ears, self.mouth, self.chain, self.record = FakeEars(), FakeMouth(), FakeChain(), FakeRecord()
        self.turn = Turn(POLICY, 0.0)
        self.endings: list[Ending] = []
        self.now_ms = 0.0
        self.dialogue = Dialogue(Script(ANSWERS, PHRASES), (Person("reception", "the reception"),), False, "What else?")  # noqa: FBT003 - positions in order
        floor: Any = Floor(self.turn, self.ears, self.mouth, self.record)  # type: ignore[arg-type]  # fakes
        self.talk = Conversation(self.chain, self.dialogue, self.endings.append, floor)  # type: ignore[arg-type]  # a fake

    async def hears(self, windows: str) -> None:
        """A window a letter, then all tasks run until they wait."""
        for window in windows:
            self.now_ms += WINDOW_MS
            self.talk.heard(0.9 if window == "#" else 0.0, self.now_ms)
        await settle()

    async def asks(self, said: str, answer_id: str | None = None) -> None:
        """A whole turn, up to the first sound of its answer."""
        await self.hears("####......")
        self.chain.hears(said, answer_id)
        await settle()

    async def asks_and_listens_on(self, said: str, answer_id: str | None = None) -> None:
        """The same, until so much of the answer was heard that whoever speaks interrupts it."""
        await self.asks(said, answer_id)
        await self.hears("." * 17)

    async def listens(self) -> None:
        """The answer is heard to its end."""
        self.mouth.finish()
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    stage = Stage()
    monkeypatch.setattr("voicectl_runtime.orchestrator.conversation.now_ms", lambda: stage.now_ms)
    yield stage
    await stage.talk.close()
    assert len(asyncio.all_tasks()) == 1, "a task outlived its call"


async def test_question_and_answer(stage: Stage) -> None:
    """The turn is in the record with its answer, and the caller has the floor again."""
    await stage.asks("When?", "hours")
    assert stage.mouth.said == ["At nine."]
    assert stage.record.rows[1].interrupted, "not known to be heard yet"
    await stage.listens()

    assert stage.record.rows[1] == TurnRow(1, "When?", "At nine.", "script", "hours", 0.9, interrupted=False)
    assert stage.turn.state is State.LISTENING
    assert stage.record.events == ["caller_stopped", "turn_committed", "first_audio_sent", "speech_finished"]


async def test_an_answer_is_held_until_the_commit(stage: Stage) -> None:
    """However fast the engines are, nothing is heard before the caller has finished."""
    await stage.hears("####.")
    stage.chain.hears("When?", "hours")
    await settle()
    assert stage.mouth.said == []

    await stage.hears(".....")

    assert stage.mouth.said == ["At nine."]


async def test_going_on_cancels_the_speculation(stage: Stage) -> None:
    """The work is really cancelled, and the next attempt hears both halves."""
    await stage.hears("####.")
    await stage.hears("##.")

    assert stage.chain.attempts[0].cancelled()
    assert stage.ears.wanted == [0.0, 0.0]
    assert "speculation_dropped" in stage.record.events


async def test_going_on_after_the_commit_voids_the_answer(stage: Stage) -> None:
    """Nothing was heard yet, so nothing counts: no row, no mood."""
    await stage.hears("####......")
    await stage.hears("##")
    await stage.hears("......")
    stage.chain.hears("When do you open?", "hours")
    await settle()

    assert stage.chain.attempts[0].cancelled()
    assert stage.mouth.said == ["At nine."]
    assert list(stage.record.rows) == [1]


async def test_words_that_were_imagined(stage: Stage) -> None:
    """Noise that is no words gives no turn, and the floor stays with the caller."""
    await stage.asks("")

    assert stage.mouth.said == []
    assert stage.turn.state is State.LISTENING
    assert stage.record.rows == {}


async def test_barge_in(stage: Stage) -> None:
    """The agent is silent at once; the record says how much was heard; the caller is heard from the first word."""
    stage.talk.greet(Reply("Hello, here is the clinic.", "system", Mood()))
    await settle()
    await stage.hears("..##")
    assert stage.mouth.is_held

    await stage.hears("######......")
    stage.chain.hears("When?", "hours")
    await settle()

    assert stage.mouth.stops == 1
    assert stage.record.rows[1].interrupted
    assert stage.record.rows[1].answer == "Hello,"
    assert stage.ears.wanted == [2.0 * WINDOW_MS]
    assert stage.mouth.said[-1] == "At nine."


async def test_a_long_barge_in_is_one_before_it_ends(stage: Stage) -> None:
    """What nobody listens to is not made any longer: its engines are stopped after a second."""
    await stage.asks_and_listens_on("When?", "hours")
    await stage.hears("#" * 40)

    assert stage.mouth.stops == 1
    assert stage.record.events[-2:] == ["interrupted", "speech_finished"]


@pytest.mark.parametrize(("said", "windows"), [("Yes.", "######"), ("", "######"), ("Mm-hmm.", "#" * 20)])
async def test_a_false_stop(stage: Stage, said: str, windows: str) -> None:
    """After assent, or noise that is no words, the agent goes on, and nothing of it is a turn."""
    await stage.asks_and_listens_on("When?", "hours")
    await stage.hears(windows + "......")
    assert stage.mouth.is_held
    stage.chain.hears(said)
    await settle()

    assert not stage.mouth.is_held
    assert stage.turn.state is State.SPEAKING
    await stage.listens()
    assert stage.mouth.said == ["At nine."]
    assert not stage.record.rows[1].interrupted
    assert list(stage.record.rows) == [1]


async def test_a_cough(stage: Stage) -> None:
    """No engine is asked, and the agent goes on."""
    await stage.asks_and_listens_on("When?", "hours")
    await stage.hears("####....")

    assert not stage.mouth.is_held
    assert len(stage.chain.attempts) == 1


async def test_assent_ends_sooner_than_other_words(stage: Stage) -> None:
    """Nobody has to wait for the agent to go on until a sentence could have been finished."""
    stage.talk._endpointing = Adaptive(quick_ms=200, patient_ms=480)
    await stage.asks_and_listens_on("x" * 9, "hours")
    await stage.hears("." * 16)
    stage.turn.agent_started()
    await stage.hears("######.")
    stage.chain.hears("Okay.")
    await settle()
    await stage.hears(".....")

    assert stage.record.events[-1] == "went_on"


async def test_a_yes_to_an_offer_is_an_answer(stage: Stage) -> None:
    """Even before the offer was heard to its end."""
    stage.dialogue.mood = Mood(misses=1)
    await stage.asks_and_listens_on("What?")
    assert stage.mouth.said == ["A person?"]
    await stage.hears("######......")
    stage.chain.hears("Yes.", "yes")
    await settle()

    assert stage.mouth.stops == 1
    assert stage.mouth.said[-1] == "One moment."


async def test_an_interruption_after_a_false_stop(stage: Stage) -> None:
    """The one does not use up the other."""
    await stage.asks_and_listens_on("When?", "hours")
    await stage.hears("######......")
    stage.chain.hears("Yes.")
    await settle()
    await stage.hears("..######......")
    stage.chain.hears("A person.", "person")
    await settle()

    assert stage.mouth.said == ["At nine.", "I connect you."]
    assert stage.record.rows[1].interrupted


async def test_going_on_speaking_before_the_agent_does(stage: Stage) -> None:
    """After "yes" and a breath comes "but when": what was prepared for the first word is void."""
    await stage.asks("When?", "hours")
    await stage.hears("######......")
    await stage.hears("##")
    assert stage.mouth.is_held
    await stage.hears("####......")
    stage.chain.hears("Yes, but when?", "hours")
    await settle()

    assert stage.chain.attempts[1].cancelled()
    assert stage.mouth.said == ["At nine.", "At nine."]
    assert stage.record.rows[1].interrupted


async def test_history_is_what_was_heard(stage: Stage) -> None:
    """An answer that was broken off before its first half reaches the model as nothing."""
    await stage.asks("When?", "hours")
    await stage.listens()
    await stage.asks_and_listens_on("And then?", "hours")
    await stage.hears("######")
    await stage.hears("......")

    assert stage.chain.histories[-1] == [("When?", "At nine."), ("And then?", "")]
    stage.chain.hears("No.", "hours")
    await settle()
    assert stage.talk.minutes.history == [("When?", "At nine."), ("And then?", "")]


async def test_a_model_reads_an_answer_while_it_is_spoken(stage: Stage) -> None:
    """As if all of it were heard; where less was, it reads that instead."""
    await stage.asks("When?", "hours")
    assert stage.chain.read == [[("When?", "At nine.")]]
    await stage.listens()
    assert len(stage.chain.read) == 1

    await stage.asks_and_listens_on("And then?", "hours")
    assert stage.chain.read[1:] == [[("When?", "At nine."), ("And then?", "At nine.")]]
    await stage.hears("######")
    await stage.hears("......")
    stage.chain.hears("No.", "hours")
    await settle()
    assert stage.chain.read[2:3] == [[("When?", "At nine."), ("And then?", "")]]


async def test_a_model_reads_nothing_that_is_still_being_made(stage: Stage) -> None:
    """It would be read again, and take the engines' cores from the answer."""
    stage.chain.has_made_all = False
    await stage.asks("When?", "hours")
    assert stage.chain.read == []


async def test_goodbye_ends_the_call(stage: Stage) -> None:
    """After the words, not before."""
    await stage.asks("Bye!", "goodbye")
    assert stage.endings == []
    await stage.listens()

    assert stage.endings == [Ending("agent")]


async def test_transfer_ends_the_call(stage: Stage) -> None:
    """With whom it goes to, by key."""
    await stage.asks("A person, please.", "person")
    await stage.listens()

    assert stage.endings == [Ending("transfer", "reception")]


async def test_an_interrupted_transfer_does_not_happen(stage: Stage) -> None:
    """Who speaks into it wants something else."""
    await stage.asks("A person, please.", "person")
    await stage.hears("#" * 40)

    assert stage.endings == []


async def test_two_failures_give_a_person(stage: Stage) -> None:
    """An apology each, then somebody who can help; the timeline says why."""
    await stage.asks("x", "failure")
    await stage.listens()
    await stage.asks("x", "failure")
    await stage.listens()

    assert stage.mouth.said == ["Sorry.", "Sorry."]
    assert stage.endings == [Ending("transfer", "reception")]
    assert stage.record.events.count("engine_failed") == 2


async def test_an_answer_that_breaks_off(stage: Stage) -> None:
    """The caller hears what came and then an apology; the second time in a row they are put through."""
    stage.chain.breaks_off = True
    for _ in range(2):
        await stage.asks("When?", "hours")
        await stage.listens()
        await stage.listens()

    assert stage.mouth.said == ["At nine.", "Sorry.", "At nine.", "Sorry."]
    assert stage.endings == [Ending("transfer", "reception")]


async def test_an_interrupted_answer_that_breaks_off(stage: Stage) -> None:
    """Nobody heard that it did."""
    stage.chain.breaks_off = True
    await stage.asks("When?", "hours")
    await stage.hears("#####")

    assert stage.mouth.said == ["At nine."]


async def test_a_message_is_kept(stage: Stage) -> None:
    """In words and as sound."""
    await stage.asks("A message.", "message")
    await stage.listens()
    await stage.hears("####......")
    assert stage.turn.state is not State.COMMITTED, "whoever dictates stops to think"
    await stage.hears("." * 41)
    stage.chain.hears("Call me back.")
    await settle()

    assert stage.mouth.said[-1] == "It is noted."
    assert stage.talk.messages == [("Call me back.", b"\1\0")]


async def silent(stage: Stage) -> None:
    # The turn's clock of silence starts with the agent's end, which is told by the machine's clock.
    stage.turn._wordless_since_ms = stage.now_ms
    await stage.hears("." * 250)


async def test_silence_is_asked_into_then_ended(stage: Stage) -> None:
    """A question after eight seconds, another after eight more, a goodbye after nine more."""
    await silent(stage)
    assert stage.mouth.said == ["Still there?"]
    await stage.listens()
    await stage.hears("." * 250)
    assert stage.mouth.said == ["Still there?", "Still there?"]
    await stage.listens()
    await stage.hears("." * 285)
    assert stage.mouth.said == ["Still there?", "Still there?", "Goodbye."]
    await stage.listens()

    assert stage.endings == [Ending("silence")]


async def test_a_word_after_the_question_counts(stage: Stage) -> None:
    """Then the next silence is met with a question again."""
    await silent(stage)
    await stage.listens()
    await stage.asks("I am here.", "hours")
    await stage.listens()
    await silent(stage)

    assert stage.mouth.said == ["Still there?", "At nine.", "Still there?"]


@pytest.mark.parametrize("windows", ["", "####", "####.", "####......"])
async def test_taking_leave_in_any_state(stage: Stage, windows: str) -> None:
    """A call that is too long ends with a goodbye, whatever goes on, and nothing interrupts that."""
    await stage.hears(windows)
    stage.talk.take_leave("longest")
    await settle()
    await stage.hears("########......")
    await stage.listens()

    assert stage.mouth.said == ["Goodbye."]
    assert stage.endings == [Ending("longest")]


@pytest.mark.parametrize("windows", ["", "####", "####.", "####......"])
async def test_a_hang_up_in_any_state(stage: Stage, windows: str) -> None:
    """All work is cancelled; the fixture counts the tasks."""
    await stage.hears(windows)
    await stage.talk.close()

    assert all(attempt.cancelled() for attempt in stage.chain.attempts)


async def test_a_hang_up_before_the_answer_is_heard(stage: Stage) -> None:
    """What was said is in the record all the same."""
    await stage.hears("####.")
    stage.chain.hears("When?", "hours")
    await settle()
    await stage.talk.close()

    assert stage.record.rows[1].said == "When?"
    assert stage.record.rows[1].interrupted


async def test_a_hang_up_while_speaking(stage: Stage) -> None:
    """The row stays as broken off."""
    await stage.asks("When?", "hours")
    await stage.talk.close()

    assert stage.record.rows[1].interrupted


@pytest.mark.parametrize(
    ("failure", "ending"),
    [(AgiGoneError("511"), Ending("caller")), (AgiGarbledError("?"), Ending("error")), (OSError(28), Ending("error"))],
)
async def test_a_mouth_that_fails(stage: Stage, failure: Exception, ending: Ending) -> None:
    """A channel that is gone is a hang-up; anything else is for the dialplan to apologise for."""
    stage.mouth.failure = failure
    await stage.asks("When?", "hours")

    assert stage.endings == [ending]


async def test_audio_is_kept_as_long_as_a_turn_needs_it(stage: Stage) -> None:
    """And no longer."""
    await stage.hears("....")
    assert stage.ears.kept_from == 4 * WINDOW_MS

    await stage.hears("####...")

    assert stage.ears.kept_from == 4 * WINDOW_MS


async def test_a_turn_that_the_script_answers_ends_sooner(stage: Stage) -> None:
    """Whoever said something else may only have drawn breath, and is given more time."""
    stage.talk._endpointing = Adaptive(quick_ms=200, patient_ms=480)

    await stage.hears("####" + "." * 10)
    assert stage.turn.state is State.SPECULATING

    assert stage.talk._attempt is not None
    stage.talk._attempt.is_covered = True
    await stage.hears(".")
    assert stage.record.events[-1] == "turn_committed"


async def test_going_on_into_the_first_word_of_the_answer(stage: Stage) -> None:
    """One turn, one row, and the next attempt's history has nothing of the half that was answered."""
    await stage.asks("When", "hours")
    await stage.hears("######.")
    assert stage.chain.histories[-1] == []
    stage.chain.hears("When do you open?", "hours")
    await stage.hears(".....")
    await stage.listens()
    await stage.asks("Why?")

    assert stage.record.rows[1] == TurnRow(1, "When do you open?", "At nine.", "script", "hours", 0.9)
    assert stage.record.events.count("joined") == 1
    assert list(stage.record.rows) == [1, 2]
    assert stage.chain.histories[-1] == [("When do you open?", "At nine.")]
