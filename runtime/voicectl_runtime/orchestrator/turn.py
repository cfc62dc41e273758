"""Who has the floor: a state machine over speech probabilities, pure, with every time given from outside."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from voicectl_runtime.orchestrator.onset import HINT, Onset
from voicectl_runtime.settings import Turns

WINDOW_MS: Final = 32
SPEECH_BEGINS: Final = 0.5
SPEECH_GOES_ON: Final = 0.35
"""With 0.5 a voice in noise of 15 dB is let go of 28 ms sooner, but twice as many sentences seem to pause for 200 ms:
160 of Asterisk's prompts, white and pink noise. In a quiet room there is no difference."""
SHORTEST_SPEECH_MS: Final = 64
"""Less is a click on the line."""
SHORTEST_WORD_MS: Final = 160
"""Less, with silence behind it, was a cough or a hum: "no" takes a quarter of a second."""
COUGH_IS_OVER_MS: Final = 128
LONGEST_ONSET_MS: Final = 320
"""A word has been sure for its detector by then; what hummed before it does not belong to it."""
LONGEST_BACKCHANNEL_MS: Final = 1000
"""Whoever speaks for longer over the agent does not only show that they listen."""
SILENCES: Final = (1.0, 2.0, 3.125)
"""When a silent caller is heard of, in units of `silence_ms`: after 8, 16 and 25 s."""
LAST_SILENCE: Final = len(SILENCES)


class State(Enum):
    """Where the conversation stands."""

    LISTENING = auto()
    SPECULATING = auto()
    """The caller is silent, perhaps only for a breath; an answer is prepared inaudibly."""
    COMMITTED = auto()
    """It is the agent's turn, and nothing is heard yet."""
    SPEAKING = auto()


@dataclass(frozen=True)
class SpeechStarted:
    """The caller began to speak."""

    at_ms: float


@dataclass(frozen=True)
class SpeechPaused:
    """The caller fell silent: an answer may be prepared."""

    began_ms: float
    stopped_ms: float


@dataclass(frozen=True)
class SpeechResumed:
    """The caller went on before anything was heard: what was prepared is void."""

    at_ms: float


@dataclass(frozen=True)
class TurnCommitted:
    """The caller's turn is over."""

    began_ms: float
    stopped_ms: float
    at_ms: float
    cut: bool = False
    """A monologue that was cut: the caller is still speaking."""


@dataclass(frozen=True)
class Yielded:
    """The caller speaks over the agent, which falls silent; it may have been a cough, or a word of assent."""

    began_ms: float
    at_ms: float


@dataclass(frozen=True)
class FalselyStopped:
    """What the agent fell silent for was no word: it goes on."""

    at_ms: float


@dataclass(frozen=True)
class Interrupted:
    """The caller who speaks over the agent means it: what it was saying is void."""

    began_ms: float
    at_ms: float


@dataclass(frozen=True)
class CallerSilent:
    """Nobody has said a word for a while."""

    at_ms: float
    times: int
    """1 and 2: the caller is asked; LAST_SILENCE: the call ends."""


Event = (
    SpeechStarted | SpeechPaused | SpeechResumed | TurnCommitted | Yielded | FalselyStopped | Interrupted | CallerSilent
)


class Turn:
    """Takes one probability a window, and word of what the agent does; gives back what happened."""

    def __init__(self, policy: Turns, now_ms: float) -> None:
        self.policy = policy
        self.state = State.LISTENING
        self.began_ms: float | None = None
        """When the speech began that a turn may still need."""
        self.is_yielding = False
        """The agent has fallen silent for the caller, and may still go on."""
        self.was_cut_off = False
        """This caller has gone on after their turn was committed."""
        self._stopped_ms = now_ms
        self._voiced_ms = 0
        self._silent_windows = 0
        self._is_sure = False
        self._onset = Onset()
        self._stop_ms = policy.stop_ms
        self._is_cut = False
        self._wordless_since_ms = now_ms
        self._silences = 0

    def heard(self, probability: float, at_ms: float, stop_ms: int) -> list[Event]:
        """One window of the caller's audio, which ended at `at_ms`.

        `stop_ms` is the silence that ends a turn as things stand now: what was said so far may call for more of it.
        """
        self._stop_ms = stop_ms
        voiced = probability >= self._threshold()
        if voiced:
            self._is_sure = self._is_sure or probability >= SPEECH_BEGINS
            self.began_ms = at_ms - WINDOW_MS if self.began_ms is None else self.began_ms
            self._silent_windows = 0
        else:
            self._silent_windows += 1
        match self.state:
            case State.LISTENING:
                return self._while_listening(at_ms, voiced=voiced)
            case State.SPECULATING:
                return self._while_speculating(at_ms, voiced=voiced)
            case State.COMMITTED:
                return self._while_committed(at_ms, voiced=voiced)
            case State.SPEAKING:
                self._onset.heard(probability)
                return self._while_speaking(at_ms, voiced=voiced)

    @property
    def may_end(self) -> bool:
        """Whether the next window may end a turn of the caller's."""
        return self.began_ms is not None and self.state in (State.LISTENING, State.SPECULATING)

    def _threshold(self) -> float:
        """How sure the detector must be of a window's voice."""
        if self.state is State.SPEAKING:
            return HINT
        return SPEECH_GOES_ON if self._is_sure and self.state is not State.COMMITTED else SPEECH_BEGINS

    def agent_started(self) -> None:
        """The agent's first sound went out: what the caller said before is answered."""
        self._onset = Onset()
        self._speaks()

    def agent_goes_on(self, *, was_noise: bool) -> None:
        """What the agent fell silent for wants no answer."""
        if was_noise:
            self._onset.was_false()
        self._speaks()

    def agent_finished(self, at_ms: float) -> None:
        """The agent said all it had to say; speech that has just begun counts."""
        if self.state is not State.LISTENING:
            if self.state is not State.SPEAKING or not self._is_sure:
                self._forget_speech()
            self.state = State.LISTENING
        self.is_yielding = False
        if self._silences == 0:
            self._wordless_since_ms = at_ms

    def nothing_to_answer(self) -> None:
        """The caller made a sound, but said no word: the floor is theirs again, and the clock of silence goes on."""
        self.state, self.is_yielding = State.LISTENING, False
        self._forget_speech()

    def caller_typed(self) -> None:
        """All digits are typed: it is the agent's turn, whatever noise the keys made."""
        self._forget_speech()
        self.state, self._is_cut = State.COMMITTED, True

    def caller_is_there(self, at_ms: float) -> None:
        """A word was said, or a key pressed: the clock of silence starts anew."""
        self._silences, self._wordless_since_ms = 0, at_ms

    def _while_listening(self, at_ms: float, *, voiced: bool) -> list[Event]:
        if self.began_ms is None:
            return self._notice_silence(at_ms)
        if not voiced:
            return self._pause(at_ms)
        before, self._voiced_ms = self._voiced_ms, self._voiced_ms + WINDOW_MS
        if self.is_yielding:
            return self._while_yielding(at_ms)
        if at_ms - self.began_ms >= self.policy.longest_turn_ms:
            self.state, self._is_cut, self._stopped_ms = State.COMMITTED, True, at_ms
            return [TurnCommitted(self.began_ms, at_ms, at_ms, cut=True)]
        return [SpeechStarted(self.began_ms)] if before < SHORTEST_SPEECH_MS <= self._voiced_ms else []

    def _while_yielding(self, at_ms: float) -> list[Event]:
        if self._voiced_ms < LONGEST_BACKCHANNEL_MS or self.began_ms is None:
            return []
        self.is_yielding = False
        return [Interrupted(self.began_ms, at_ms)]

    def _notice_silence(self, at_ms: float) -> list[Event]:
        """Counted from the last word on: the question into the silence does not start it anew."""
        silent_ms = at_ms - self._wordless_since_ms
        if self._silences == LAST_SILENCE or silent_ms < SILENCES[self._silences] * self.policy.silence_ms:
            return []
        self._silences += 1
        return [CallerSilent(at_ms, self._silences)]

    def _pause(self, at_ms: float) -> list[Event]:
        if self.is_yielding and self._voiced_ms < SHORTEST_WORD_MS:
            if self._silent_windows * WINDOW_MS < COUGH_IS_OVER_MS:
                return []
            self.agent_goes_on(was_noise=True)
            return [FalselyStopped(at_ms)]
        if self.began_ms is None or self._voiced_ms < SHORTEST_SPEECH_MS:
            if self._silent_windows > 1:
                self._forget_speech()
            return []
        self.state, self._stopped_ms = State.SPECULATING, at_ms - WINDOW_MS
        return [SpeechPaused(self.began_ms, self._stopped_ms), *self._commit_if_due(at_ms)]

    def _while_speculating(self, at_ms: float, *, voiced: bool) -> list[Event]:
        if voiced:
            self.state = State.LISTENING
            self._voiced_ms += WINDOW_MS
            return [SpeechResumed(at_ms)]
        return self._commit_if_due(at_ms)

    def _commit_if_due(self, at_ms: float) -> list[Event]:
        # Rounded: 200 ms are six windows (192), not seven (224).
        if self._silent_windows < round(self._stop_ms / WINDOW_MS) or self.began_ms is None:
            return []
        self.state, self._is_cut = State.COMMITTED, False
        self._voiced_ms = 0
        return [TurnCommitted(self.began_ms, self._stopped_ms, at_ms)]

    def _while_committed(self, at_ms: float, *, voiced: bool) -> list[Event]:
        """The caller may still go on: then both parts are one turn, and the answer to the first part is void."""
        if self._is_cut:
            return []
        self._voiced_ms = self._voiced_ms + WINDOW_MS if voiced else 0
        if self._voiced_ms < SHORTEST_SPEECH_MS:
            return []
        self.state, self._voiced_ms, self.was_cut_off = State.LISTENING, SHORTEST_WORD_MS, True
        return [SpeechResumed(at_ms)]

    def _while_speaking(self, at_ms: float, *, voiced: bool) -> list[Event]:
        if self._is_cut:
            # A monologue that goes on under its own answer is no interruption; one that begins anew is.
            self._is_cut = self._silent_windows < round(self.policy.stop_ms / WINDOW_MS)
            return []
        if self.began_ms is None:
            return []
        if voiced:
            self._voiced_ms += WINDOW_MS
        elif self._silent_windows > 1:
            self._forget_speech()
            return []
        if self._voiced_ms < self.policy.barge_in_ms or not self._onset.is_plain:
            return []
        # Doubtful windows are enough to fall silent for, but no word, however long they have lasted.
        self._voiced_ms = min(self._voiced_ms, LONGEST_ONSET_MS) if self._is_sure else 0
        self.began_ms = max(self.began_ms, at_ms - LONGEST_ONSET_MS)
        self.state, self.is_yielding = State.LISTENING, True
        return [Yielded(self.began_ms, at_ms)]

    def _speaks(self) -> None:
        self.state, self.is_yielding = State.SPEAKING, False
        self._onset.forget()
        self._forget_speech()

    def _forget_speech(self) -> None:
        self.began_ms = None
        self._is_sure = False
        self._voiced_ms = 0
        self._silent_windows = 0
