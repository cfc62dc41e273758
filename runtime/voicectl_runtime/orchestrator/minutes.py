"""What was said in a call so far, as its record keeps it and as a language model is told of it."""

from dataclasses import replace

from voicectl_runtime.logs import TRANSCRIPTS
from voicectl_runtime.orchestrator.attempt import Answered
from voicectl_runtime.orchestrator.digits import Digits
from voicectl_runtime.orchestrator.record import CallRecord, TurnRow


class Minutes:
    """One call's."""

    def __init__(self, record: CallRecord, digits: Digits) -> None:
        self._record, self._digits = record, digits
        self.history: list[tuple[str, str]] = []

    def row(self, answered: Answered) -> TurnRow:
        """The next turn, without what was typed."""
        row = answered.row(self._record.turn + 1)
        return replace(row, answer=self._digits.masked(row.answer))

    def hide(self, text: str) -> bool:
        """Whether the agent says something that is not written down."""
        return self._digits.masked(text) != text

    def so_far(self, spoken: Answered | None, heard_ms: float) -> list[tuple[str, str]]:
        """The history, with what the agent was saying when it fell silent."""
        if spoken is None or not spoken.said:
            return self.history
        return [*self.history, (spoken.said, spoken.speech.said_until(heard_ms))]

    async def write(self, answered: Answered, row: TurnRow, text: str, *, was_interrupted: bool) -> None:
        """One turn, and how much of its answer was heard."""
        row = replace(row, answer=self._digits.masked(text), interrupted=was_interrupted)
        await self._record.write_turn(row)
        TRANSCRIPTS.debug("turn_said", extra={"turn": row.number, "said": row.said, "answer": row.answer})
        if answered.said or answered.reply.source == "model":
            self.history.append((answered.said, text))
