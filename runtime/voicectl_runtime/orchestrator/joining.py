"""A caller who goes on into the first moment of an answer had not finished: both parts become one turn."""

from dataclasses import dataclass
from typing import Final

from voicectl_runtime.orchestrator.attempt import Answered
from voicectl_runtime.orchestrator.dialogue import Dialogue, Mood
from voicectl_runtime.orchestrator.record import CallRecord
from voicectl_runtime.orchestrator.script.scores import plain

JOINED_WITHIN_MS: Final = 500
"""From the first sound of an answer: whoever speaks up sooner has not heard enough of it to answer that."""

Message = tuple[str, bytes]


@dataclass(frozen=True)
class _Begun:
    """An answer that has begun, and what stood before it did."""

    answered: Answered
    pcm: bytes
    at_ms: float
    mood: Mood
    messages: int


class Joining:
    """Takes one call's newest answer back where it came too early."""

    def __init__(self, dialogue: Dialogue, record: CallRecord, messages: list[Message]) -> None:
        self._dialogue, self._record, self._messages = dialogue, record, messages
        self._begun: _Begun | None = None
        self._after: tuple[Mood, list[Message]] | None = None
        """What the answer had changed, while it is taken back and may still be put back."""
        self._void: Answered | None = None
        self.before = b""
        """What the caller said before, which belongs to the turn that they speak now."""
        self._words_before = ""

    def begins(self, answered: Answered, pcm: bytes, at_ms: float) -> None:
        """The first sound of an answer to `pcm` goes out, and it has changed nothing yet."""
        self._forget()
        if answered.said:
            self._begun = _Begun(answered, pcm, at_ms, self._dialogue.mood, len(self._messages))

    def take_back(self, began_ms: float) -> None:
        """The caller speaks since `began_ms`; where the answer is as young as that, they may not have finished."""
        begun = self._begun
        if begun is None or began_ms - begun.at_ms > JOINED_WITHIN_MS:
            return
        self._after = self._dialogue.mood, self._messages[begun.messages :]
        self._dialogue.mood = begun.mood
        del self._messages[begun.messages :]
        self._record.turn -= 1
        self.before, self._words_before = begun.pcm, plain(begun.answered.said)

    def put_back(self) -> None:
        """It was a cough or a word of assent: the answer stands again, and for good."""
        if self._after is not None:
            self._dialogue.mood, messages = self._after
            self._messages += messages
            self._record.turn += 1
            self._forget()

    def join(self) -> bool:
        """The caller goes on indeed, and the answer is void; False where it was not taken back."""
        if self._after is None or self._begun is None:
            return False
        self._void, self._begun, self._after = self._begun.answered, None, None
        return True

    def is_void(self, answered: Answered) -> bool:
        """Whether the caller went on into this answer: then it is none, whatever was heard of it."""
        return answered is self._void

    @property
    def is_open(self) -> bool:
        """Whether the newest answer is taken back for now."""
        return self._after is not None

    def only_assents(self, said: str) -> bool:
        """Whether what the caller said over the agent asks for no answer."""
        if not self.before:
            return self._dialogue.is_assent(said)
        words = plain(said)
        return words.startswith(self._words_before) and self._assents(words.removeprefix(self._words_before))

    def _assents(self, words: str) -> bool:
        return not words or self._dialogue.is_assent(words)

    def _forget(self) -> None:
        self._begun = self._after = None
        self.before, self._words_before = b"", ""
