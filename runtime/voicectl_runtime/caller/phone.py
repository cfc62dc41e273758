"""The phone: carries out a job of one or many calls and describes them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from voicectl_runtime.caller.account import Account, read_account
from voicectl_runtime.caller.call import Call
from voicectl_runtime.caller.document import describe_call
from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.expect import compiled
from voicectl_runtime.caller.job import Job, TurnJob
from voicectl_runtime.caller.line import Line, line_of_file, line_of_text
from voicectl_runtime.caller.schedule import Beat
from voicectl_runtime.caller.sip.endpoint import Endpoint
from voicectl_runtime.caller.sip.session import Session
from voicectl_runtime.caller.verdict import is_ok, write_down
from voicectl_runtime.settings import Settings

_REGISTERED_S: Final = 120


async def run_job(settings: Settings, job: Job, say: Callable[[str], None]) -> dict[str, Any]:
    """Place the calls and describe them: one call as itself, several as a list.

    Raises:
        PhoneError: the phone itself cannot do it: no voice, no account, no way to the agent.
    """
    phone = _Phone(settings, job, say)
    calls, beat = await phone.place_calls()
    documents = [describe_call(call, job.turns_of(number), beat) for number, call in enumerate(calls)]
    if job.recordings is not None:
        _keep_recordings(calls, documents, Path(job.recordings))
    if job.transcribe:
        say("writing down what the agent said")
        await write_down(calls, documents, settings.stt[0].url)
    finished = [{"ok": is_ok(document), **document} for document in documents]
    return finished[0] if job.calls == 1 else {"ok": all(call["ok"] for call in finished), "calls": finished}


class _Phone:
    def __init__(self, settings: Settings, job: Job, say: Callable[[str], None]) -> None:
        for turn in job.turns:
            if turn.expect is not None and turn.expect.startswith("re:"):
                compiled(turn.expect)  # a slip in the pattern shows before the call, not after it
        self._job = job
        self._say = say
        self._codecs = settings.sip.codecs
        self._account: Account = read_account(settings.sip)
        self._lines = {turn: _line(turn) for turn in job.turns}
        self._beat = Beat()

    async def place_calls(self) -> tuple[list[Call], Beat]:
        endpoint = await Endpoint.open(self._account.server)
        beating = asyncio.ensure_future(self._beat.run())
        try:
            if self._job.register:
                await self._register(endpoint)
            async with asyncio.TaskGroup() as group:
                placed = [group.create_task(self._place(number, endpoint)) for number in range(self._job.calls)]
            return [task.result() for task in placed], self._beat
        finally:
            beating.cancel()
            endpoint.close()

    async def _register(self, endpoint: Endpoint) -> None:
        session = Session(endpoint, self._account.register_dialog(endpoint), self._account.credentials)
        response = await session.register(seconds=_REGISTERED_S)
        if response.status != 200:  # noqa: PLR2004 - SIP's OK
            raise PhoneError(f"registration refused: {response.status} {response.reason}")
        self._say(f"registered as {self._account.own}")

    async def _place(self, number: int, endpoint: Endpoint) -> Call:
        await asyncio.sleep(number * self._job.start_gap_s)
        turns = self._job.turns_of(number)
        session = Session(endpoint, self._account.call_dialog(endpoint), self._account.credentials)
        call = Call(session, self._beat, [self._lines[turn] for turn in turns], self._interruptions(turns))
        name = f"call {number + 1}: " if self._job.calls > 1 else ""
        call.on_line = lambda line: self._say(f"{name}line {line + 1} of {len(turns)}: {turns[line].said}")
        self._say(f"{name}calling {self._account.target}")
        await call.run(self._codecs, ring_s=self._job.ring_s, longest_s=self._job.longest_s)
        outcome = call.outcome
        heard = sum(turn.answered_s is not None for turn in call.conversation.turns)
        self._say(
            f"{name}answered; {heard} of {len(turns)} lines got an answer"
            if outcome.answered
            else f"{name}not answered: {outcome.status or ''} {outcome.reason}"
        )
        return call

    def _interruptions(self, turns: tuple[TurnJob, ...]) -> list[float | None]:
        after_ms = [turn.interrupt_after_ms for turn in turns]
        if after_ms and after_ms[0] is None:
            after_ms[0] = self._job.greeting_interrupt_ms
        return [None if ms is None else ms / 1000 for ms in after_ms]


def _line(turn: TurnJob) -> Line:
    return line_of_text(turn.text) if turn.text is not None else line_of_file(Path(turn.wav or ""))


def _keep_recordings(calls: list[Call], documents: list[dict[str, Any]], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for call, document in zip(calls, documents, strict=True):
            if call.recording is not None:
                stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
                path = folder / f"{stamp}-{call.session.dialog.call_id[:8]}.wav"
                call.recording.write(path)
                document["recording"] = str(path.resolve())
    except OSError as error:
        raise PhoneError(f"the recording cannot be kept: {error}") from error
