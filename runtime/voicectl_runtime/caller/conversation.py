"""Who speaks when: waits for the agent to finish, says the next line, hears the answer. Knows no socket or clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from voicectl_runtime.caller.voice import AgentVoice, Spurt

NO_ANSWER: Final = "no answer came"
_SPEAKS_S: Final = 0.1  # nobody interrupts a pause
SPOKE_OVER: Final = "the agent spoke before the caller had finished"
NOT_ANSWERED: Final = "the call was not answered"
HUNG_UP: Final = "the call had ended"


@dataclass(frozen=True)
class Patience:
    """How long this caller waits, in seconds."""

    greeting_s: float = 10.0
    answer_s: float = 7.5
    """Less than the silence after which the agent asks whether anybody is there."""
    quiet_s: float = 0.7
    """Silence after which the agent counts as finished."""
    answer_longest_s: float = 60.0


@dataclass
class Turn:
    """One line and what became of it; times are monotonic seconds. The greeting is a turn without a line."""

    interrupt_after_s: float | None = None
    """Say this line that long after the agent began to speak, and do not wait for its end."""
    started_s: float | None = None
    """The caller's first voiced packet."""
    stopped_s: float | None = None
    """The caller's last voiced packet."""
    answered_s: float | None = None
    """The first voiced packet of the answer."""
    answer_ended_s: float | None = None
    interrupted: Spurt | None = None
    """What the agent was saying when this line began, up to the last of it while the caller spoke."""
    lost: str | None = None
    """Why there is no voice-to-voice time."""

    @property
    def voice_to_voice_s(self) -> float | None:
        """Caller's last voiced packet to the agent's first."""
        if self.lost or self.answered_s is None or self.stopped_s is None:
            return None
        return self.answered_s - self.stopped_s

    @property
    def interrupt_stop_s(self) -> float | None:
        """How long the agent went on after the caller had begun to speak over it."""
        if self.interrupted is None or self.started_s is None:
            return None
        return max(0.0, self.interrupted.ended_s - self.started_s)


class Step(Enum):
    """What the phone does next."""

    WAIT = "wait"
    SAY = "say the next line"
    HANG_UP = "hang up"


class Conversation:
    """The caller's side of a call, driven by packets and ticks."""

    def __init__(self, lines: Sequence[float | None], patience: Patience) -> None:
        """Take each line's `interrupt_after_s`."""
        self.voice = AgentVoice()
        self.greeting = Turn()
        self.turns = [Turn(interrupt_after_s=after_s) for after_s in lines]
        self._patience = patience
        self._current = self.greeting
        self._said = 0

    def connected(self, at_s: float) -> None:
        """The call was answered: from now on a greeting may come."""
        self.greeting.started_s = self.greeting.stopped_s = at_s

    def sent(self, at_s: float, *, last: bool) -> None:
        """A voiced packet of the current line left; `last` when it was the line's last one."""
        if self._current.started_s is None:
            self._current.started_s = at_s
        if last:
            self._current.stopped_s = at_s

    def step(self, now_s: float) -> Step:
        """Look at the clock, twenty milliseconds after the last look or so."""
        turn = self._current
        if turn.stopped_s is None or turn.started_s is None:
            return Step.WAIT
        spurts = self._answer_to(turn)
        self._note_answer(turn, spurts)
        if self._cuts_in(spurts, now_s):
            return self._next(interrupting=spurts[-1])
        return self._next() if self._is_over(turn, spurts, now_s) else Step.WAIT

    def end(self, why: str) -> None:
        """The call is over: what was not answered stays so."""
        turn = self._current
        if turn.stopped_s is not None:
            self._note_answer(turn, self._answer_to(turn))
        for turn in (self.greeting, *self.turns):
            if turn.answered_s is None and turn.lost is None:
                turn.lost = why

    def _answer_to(self, turn: Turn) -> list[Spurt]:
        """What the agent said since the line: of a line that cut in, what it still said meanwhile is no answer."""
        assert turn.started_s is not None  # noqa: S101 - narrows the type; the callers have looked
        assert turn.stopped_s is not None  # noqa: S101 - the same
        spurts = self.voice.after(turn.started_s)
        if turn.interrupted is None:
            return spurts
        for spurt in spurts:
            if spurt.started_s <= turn.stopped_s:
                turn.interrupted = spurt
        return [spurt for spurt in spurts if spurt.started_s > turn.stopped_s]

    def _note_answer(self, turn: Turn, spurts: list[Spurt]) -> None:
        if not spurts:
            return
        turn.answered_s, turn.answer_ended_s = spurts[0].started_s, spurts[-1].ended_s
        if turn.stopped_s is not None and turn.answered_s < turn.stopped_s:
            turn.lost = SPOKE_OVER

    def _cuts_in(self, spurts: list[Spurt], now_s: float) -> bool:
        if self._said == len(self.turns) or not spurts:
            return False
        after_s = self.turns[self._said].interrupt_after_s
        still_speaks = now_s - spurts[-1].ended_s < _SPEAKS_S
        return after_s is not None and still_speaks and now_s - spurts[0].started_s >= after_s

    def _is_over(self, turn: Turn, spurts: list[Spurt], now_s: float) -> bool:
        assert turn.stopped_s is not None  # noqa: S101 - narrows the type; `step` has looked
        if spurts and spurts[-1].ended_s > turn.stopped_s:
            quiet = now_s - spurts[-1].ended_s >= self._patience.quiet_s
            return quiet or now_s - spurts[0].started_s >= self._patience.answer_longest_s
        waits_s = self._patience.greeting_s if turn is self.greeting else self._patience.answer_s
        if now_s - turn.stopped_s < waits_s:
            return False
        turn.lost = turn.lost or NO_ANSWER
        return True

    def _next(self, interrupting: Spurt | None = None) -> Step:
        if self._said == len(self.turns):
            return Step.HANG_UP
        self._current = self.turns[self._said]
        self._current.interrupted = interrupting
        self._said += 1
        return Step.SAY

    @property
    def line(self) -> int:
        """The index of the line being said."""
        return self._said - 1
