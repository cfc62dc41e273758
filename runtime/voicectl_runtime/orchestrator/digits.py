"""Digits that a caller types on the keys of their telephone: when they are complete, and who never sees them."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.ears import now_ms
from voicectl_runtime.orchestrator.floor import Floor
from voicectl_runtime.orchestrator.wanted_digits import Wanted

PAUSE_S: Final = 5.0
"""Whoever has pressed no key for so long has finished."""
LOOK_AGAIN_S: Final = 0.5
"""Whoever speaks meanwhile may mean to go on in words."""
ENDS: Final = "#"
OTHERWISE: Final = "*"
"""The key that never belongs to what is typed."""

_DIGIT: Final = r"(?:\d|\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)\b)"
_RUN: Final = re.compile(rf"{_DIGIT}(?:[\s,.-]*{_DIGIT}){{2,}}", re.IGNORECASE)


class Digits:
    """One call's; between the first digit and the last the caller may still speak instead."""

    def __init__(
        self, floor: Floor, dialogue: Dialogue, done: Callable[[Wanted, str], None], is_answering: Callable[[], bool]
    ) -> None:
        """`done` is called with all that was typed, but not while the caller uses words, or is about to be answered."""
        self._turn, self._record, self._dialogue = floor.turn, floor.record, dialogue
        self._done, self._is_answering = done, is_answering
        self._typed = ""
        self._were_typed = self._is_full = False
        self._timer: asyncio.TimerHandle | None = None

    def want(self, key: str, asking: Wanted | None) -> bool:
        """Whether the key belongs to what the agent has asked for, or is `asking` for right now."""
        wanted = asking or self._dialogue.mood.wanted
        if wanted is None or key == OTHERWISE:
            return False
        self._dialogue.mood = replace(self._dialogue.mood, wanted=wanted)
        return True

    def press(self, key: str) -> None:
        """One more key of those that are wanted: a digit, or `#` after the last one."""
        wanted = self._dialogue.mood.wanted
        self._cancel_timer()
        if wanted is None:
            return
        self._typed += key.removesuffix(ENDS)
        self._is_full = key != ENDS and len(self._typed) >= wanted.most
        if key == ENDS or self._is_full:
            self._finish(wanted)
        else:
            self._wait(wanted, PAUSE_S)

    def were_ended_by(self, key: str) -> bool:
        """Whether the key only says once more that all is typed: a caller cannot know how many digits are enough."""
        was_full, self._is_full = self._is_full, False
        return was_full and key == ENDS

    def forget(self) -> None:
        """The caller does something else instead."""
        self._cancel_timer()
        self._typed = ""

    def masked(self, text: str) -> str:
        """A text for the record: once a caller has typed digits, no number that the agent says is written down."""
        return _RUN.sub("***", text) if self._were_typed else text

    def _wait(self, wanted: Wanted, pause_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(pause_s, self._paused, wanted)

    def _paused(self, wanted: Wanted) -> None:
        if self._is_answering() or self._turn.began_ms is not None:
            self._wait(wanted, LOOK_AGAIN_S)
        else:
            self._finish(wanted)

    def _finish(self, wanted: Wanted) -> None:
        """How many there are is all that anybody learns but the one who asked for them."""
        typed = self._typed
        self.forget()
        self._were_typed = True
        self._dialogue.mood = replace(self._dialogue.mood, wanted=None)
        self._record.note("digits_typed", now_ms(), {"count": len(typed)}, self._record.turn + 1)
        if typed and wanted.answer_id and not wanted.look_up:
            self._record.keep_digits(wanted.answer_id, typed)
        self._done(wanted, typed)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
