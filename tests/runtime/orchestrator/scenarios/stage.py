"""One call on the virtual clock: the orchestrator's own ears, turn, chain, voice and mouth between fake ends."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.runtime.orchestrator.noted import looks_well
from tests.runtime.orchestrator.scenarios.engines import Keywords, Model, Orders, Recogniser, TurnModel
from tests.runtime.orchestrator.scenarios.engines import Voice as TextToSpeech
from tests.runtime.orchestrator.scenarios.line import Line
from tests.runtime.orchestrator.scenarios.spoken import SAMPLES_PER_MS, Vocabulary, every_other
from tests.runtime.orchestrator.short_phrases import PHRASES
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.conversation import Conversation
from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.ears import Ears, now_ms
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.engines.rungs import (
    FIRST_AUDIO_S,
    FIRST_TOKEN_S,
    LLM_NEEDS_S,
    STT_NEEDS_S,
    TRANSCRIPT_S,
    TTS_NEEDS_S,
)
from voicectl_runtime.orchestrator.floor import Floor
from voicectl_runtime.orchestrator.mouth import Mouth
from voicectl_runtime.orchestrator.record import TurnRow
from voicectl_runtime.orchestrator.script.dialogue import Answer, Script
from voicectl_runtime.orchestrator.tools.collect_digits import CollectDigits
from voicectl_runtime.orchestrator.tools.end_call import EndCall
from voicectl_runtime.orchestrator.tools.toolbox import Toolbox
from voicectl_runtime.orchestrator.tools.transfer import Transfer
from voicectl_runtime.orchestrator.turn import WINDOW_MS, Turn
from voicectl_runtime.orchestrator.voice import Voice
from voicectl_runtime.orchestrator.warm_up import sentences
from voicectl_runtime.settings import Person, Turns

if TYPE_CHECKING:
    from voicectl_runtime.orchestrator.ending import Ending

SCRIPT: Final = Script(
    (
        Answer("hours", ("open",), "We open at nine."),
        Answer("price", ("cost",), "It costs ten euros and you can pay it when you come here."),
        Answer("person", ("person",), "I connect you.", "transfer"),
        Answer("goodbye", ("bye",), "Bye now.", "goodbye"),
        Answer("message", ("message",), "Leave it now.", "message"),
        Answer("number", ("number",), "Type your number now.", "digits", most_digits=6),
        Answer("order", ("order",), "Type your order now.", "digits", look_up="orders"),
        Answer("yes", ("yes",), "", "yes"),
        Answer("no", ("no",), "", "no"),
    ),
    PHRASES,
    keys={"0": "person", "5": "hours", "1": "yes", "*": "message"},
)
POLICY: Final = {
    "stop_ms": 200,
    "patience_ms": 480,
    "barge_in_ms": 60,
    "silence_ms": 8000,
    "longest_turn_ms": 30000,
    "endpointing": "adaptive",
}
"""The defaults of voicectl's reference.toml."""


@dataclass
class Record:
    """What would be in the database."""

    turn: int = 0
    rows: dict[int, TurnRow] = field(default_factory=dict)
    events: list[tuple[str, float]] = field(default_factory=list)
    degraded: set[object] = field(default_factory=set)
    digits: list[str] = field(default_factory=list)

    def note(self, name: str, at_ms: float, detail: dict[str, object], turn: int | None = None) -> None:
        """An event; what it says is for other tests."""
        assert isinstance(detail, dict)
        assert turn is None or turn > 0
        self.events.append((name, at_ms))
        if name in {"engine_failed", "engine_replaced"}:
            self.degraded.add(detail["engine"])

    def keep_digits(self, answer_id: str, typed: str) -> None:
        """What the caller typed."""
        self.digits.append(f"{answer_id} {typed}")

    def write_turn_soon(self, row: TurnRow) -> None:
        """A row."""
        self.rows[row.number] = row

    async def write_turn(self, row: TurnRow) -> bool:
        """A row that is durable at once."""
        self.rows[row.number] = row
        return True


class Stage:
    """Everything around one conversation."""

    def __init__(
        self, folder: Path, changed: dict[str, Any], *, may_improvise: bool, vocabulary: Vocabulary | None = None
    ) -> None:
        self.vocabulary = vocabulary or Vocabulary()
        self.line = Line(self.vocabulary)
        self.stt, self.llm, self.tts = Recogniser(self.vocabulary), Model(), TextToSpeech(self.vocabulary)
        self._ladders = stt, llm, tts = self.ladders()
        self.matcher = Keywords()
        matcher: Any = self.matcher
        self.turn_model = TurnModel()
        turn_model: Any = self.turn_model
        self.voice = Voice(tts, "fake", folder)
        self.record = Record()
        self.endings: list[Ending] = []
        self.policy = Turns(vad_model_file=Path("vad"), turn_model_file=None, **{**POLICY, **changed})
        people = (Person("reception", "the reception"),)
        self.orders = Orders()
        toolbox = Toolbox([Transfer(people), EndCall(), CollectDigits(), self.orders])
        dialogue = Dialogue(SCRIPT, people, may_improvise, "What else?", toolbox=toolbox)
        floor: Any = (Ears(self.line.audio, self._on_audio), self._mouth(folder), self.record)
        self.turn = Turn(self.policy, now_ms())
        self._unheard = b""
        self.talk = Conversation(
            Chain(
                stt,
                matcher,
                llm if may_improvise else None,
                self.voice,
                turn_model if self.policy.endpointing == "smart-turn" else None,
            ),
            dialogue,
            self.endings.append,
            Floor(self.turn, *floor),
        )
        self.ears: Ears = floor[0]

    def ladders(self) -> tuple[Any, Any, Any]:
        """A rung for each engine."""
        return (
            Ladder("stt", TRANSCRIPT_S, [Rung("stt", self.stt, STT_NEEDS_S, looks_well)]),
            Ladder("llm", FIRST_TOKEN_S, [Rung("llm", self.llm, LLM_NEEDS_S, looks_well)]),
            Ladder("tts", FIRST_AUDIO_S, [Rung("tts", self.tts, TTS_NEEDS_S, looks_well)]),
        )

    async def keep_phrases(self) -> None:
        """What is always said in the same words is rendered before the first call."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("voicectl_runtime.orchestrator.voice.narrowed", every_other)
            await self.voice.keep(sentences(SCRIPT, "Hello there."))

    async def close(self) -> None:
        """Hang up; nothing may be left of the call."""
        await self.talk.close()
        for ladder in self._ladders:
            await ladder.close()
        self.ears.close()
        self.line.close()
        await asyncio.sleep(0)
        left = [str(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left, left
        still_open = [engine.name for engine in self.engines if engine.open]
        assert not still_open, f"requests that were never closed: {still_open}"

    @property
    def engines(self) -> tuple[Any, ...]:
        """All, for counting."""
        return (
            self.stt,
            self.stt.full_window,
            self.stt.hinted,
            self.matcher,
            self.turn_model,
            self.llm,
            self.tts,
            self.orders,
        )

    def _mouth(self, folder: Path) -> Mouth:
        line: Any = self.line
        return Mouth(line, folder / "chunks", 300, on_sound=lambda *_: None, on_cut=lambda: None)

    def _on_audio(self, pcm: bytes, at_ms: float) -> None:
        """The speech detector: a window as soon as it is whole."""
        window = 2 * SAMPLES_PER_MS * WINDOW_MS
        self._unheard += pcm
        while len(self._unheard) >= window:
            due, self._unheard = self._unheard[:window], self._unheard[window:]
            behind_ms = len(self._unheard) / 2 / SAMPLES_PER_MS
            self.talk.heard(self.vocabulary.voice(due), at_ms - behind_ms)
