"""Who speaks when, on a virtual clock."""

from typing import Any

import pytest

from voicectl_runtime.caller.conversation import (
    HUNG_UP,
    NO_ANSWER,
    SPOKE_OVER,
    Conversation,
    Patience,
    Step,
)

FRAME_S = 0.02
LINE_FRAMES = 50


class Stage:
    """Plays a call frame by frame: the agent speaks when the script says so, the caller when the conversation does."""

    def __init__(self, interruptions: Any, agent_speaks: Any) -> None:
        self.talk = Conversation(interruptions, Patience(greeting_s=5.0, answer_s=4.0))
        self.talk.connected(0.0)
        self._agent_speaks = agent_speaks
        self.says: list[float] = []
        self.hung_up: float | None = None

    def play(self, until_s: float) -> "Stage":
        """Run the clock."""
        left = 0
        for number in range(1, round(until_s / FRAME_S)):
            now = number * FRAME_S
            if self._agent_speaks(now, self.talk):
                self.talk.voice.heard(now, voiced=True)
            if left:
                left -= 1
                self.talk.sent(now, last=left == 0)
            step = self.talk.step(now)
            if step is Step.SAY:
                self.says.append(now)
                left = LINE_FRAMES
            if step is Step.HANG_UP and self.hung_up is None:
                self.hung_up = now
        return self


def greeting_and_answers(delay_s: Any, length_s: float = 1.0) -> Any:
    """An agent that greets for a second and answers each line after a delay."""

    def speaks(now: Any, talk: Any) -> Any:
        if now <= 1.0:
            return True
        stopped = [turn.stopped_s for turn in talk.turns if turn.stopped_s is not None]
        return any(at + delay_s <= now <= at + delay_s + length_s for at in stopped)

    return speaks


def test_caller_waits_for_the_greeting_and_measures_the_answer() -> None:
    """The line comes 700 ms after the greeting; the answer's time is the agent's delay."""
    stage = Stage([None], greeting_and_answers(0.3)).play(10)

    (turn,) = stage.talk.turns
    assert stage.says[0] == pytest.approx(1.7, abs=0.03)
    assert turn.voice_to_voice_s == pytest.approx(0.3, abs=0.021)
    assert turn.answered_s is not None
    assert turn.answer_ended_s is not None
    assert turn.answer_ended_s - turn.answered_s == pytest.approx(1.0, abs=0.03)
    assert stage.hung_up == pytest.approx(turn.answer_ended_s + 0.7, abs=0.03)


def test_silent_agent_loses_the_turn_and_the_call_goes_on() -> None:
    """No greeting within 5 s, no answer within 4 s: both lines are said and both are lost."""
    stage = Stage([None, None], lambda _now, _talk: False).play(20)

    assert [turn.lost for turn in stage.talk.turns] == [NO_ANSWER, NO_ANSWER]
    assert [turn.voice_to_voice_s for turn in stage.talk.turns] == [None, None]
    assert stage.says[0] == pytest.approx(5.0, abs=0.05)
    assert stage.hung_up is not None


def test_interruption_is_timed_to_the_agents_last_voiced_packet() -> None:
    """The caller cuts in half a second into the greeting; the agent stops 150 ms later and answers 400 ms after."""

    def speaks(now: Any, talk: Any) -> Any:
        (turn,) = talk.turns
        if turn.started_s is None:
            return True
        if turn.stopped_s is None:
            return now <= turn.started_s + 0.15
        return turn.stopped_s + 0.4 <= now <= turn.stopped_s + 1.5

    stage = Stage([0.5], speaks).play(8)

    (turn,) = stage.talk.turns
    assert stage.says == [pytest.approx(0.52, abs=0.03)]
    assert turn.interrupt_stop_s == pytest.approx(0.15, abs=0.021)
    assert turn.voice_to_voice_s == pytest.approx(0.4, abs=0.021)
    assert turn.lost is None


def test_nobody_interrupts_a_pause() -> None:
    """An agent between two sentences is let go on; the rest of the interrupted speech is not taken for the answer."""

    def speaks(now: float, talk: Conversation) -> bool:
        (turn,) = talk.turns
        if turn.started_s is None or turn.stopped_s is None:
            return now <= 0.4 or 0.9 <= now <= 1.2 or 1.55 <= now <= 1.7
        return turn.stopped_s + 0.4 <= now <= turn.stopped_s + 1.5

    stage = Stage([0.5], speaks).play(8)

    (turn,) = stage.talk.turns
    assert stage.says == [pytest.approx(0.96, abs=0.03)]
    assert turn.interrupt_stop_s == pytest.approx(0.72, abs=0.05)
    assert turn.voice_to_voice_s == pytest.approx(0.4, abs=0.021)


def test_agent_that_speaks_too_early_gives_no_figure() -> None:
    """An answer that begins while the caller speaks is flagged, not measured as a negative wait."""

    def speaks(now: Any, talk: Any) -> Any:
        (turn,) = talk.turns
        return now <= 1.0 or (turn.started_s is not None and 0.5 <= now - turn.started_s <= 2.0)

    stage = Stage([None], speaks).play(10)

    (turn,) = stage.talk.turns
    assert (turn.lost, turn.voice_to_voice_s) == (SPOKE_OVER, None)
    assert turn.answer_ended_s is not None


def test_hang_up_by_the_agent_leaves_the_rest_unanswered() -> None:
    """Lines that were never said are lost for that reason; what was measured stays."""
    stage = Stage([None, None], greeting_and_answers(0.2, length_s=9.0)).play(6)
    stage.talk.end(HUNG_UP)

    first, second = stage.talk.turns
    assert first.voice_to_voice_s == pytest.approx(0.2, abs=0.021)
    assert second.lost == HUNG_UP
