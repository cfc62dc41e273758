"""A scenario's stage with real clients, a bad line, and stub engines behind it."""

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from tests.runtime.orchestrator.faults.engines import FaultyEngines
from tests.runtime.orchestrator.scenarios.language import Scenario, Step
from tests.runtime.orchestrator.scenarios.play import Player
from tests.runtime.orchestrator.scenarios.stage import Stage

LONGEST_SILENCE_MS: Final = 3000
"""The promise."""


class FaultStage(Stage):
    """Everything around one conversation, engines at the end of a line included."""

    def __init__(self, folder: Path, faulty: FaultyEngines, *, may_improvise: bool) -> None:
        self.faulty = faulty
        super().__init__(folder, {}, may_improvise=may_improvise, vocabulary=faulty.vocabulary)

    def ladders(self) -> tuple[Any, Any, Any]:
        """Real clients."""
        return self.faulty.ladders()

    async def close(self) -> None:
        """Hang up; every request must be gone half a second later."""
        await self.talk.close()
        await self.faulty.close()
        await super().close()


class FaultPlayer(Player):
    """Knows what can be wrong with a line and with an engine."""

    def __init__(self, stage: FaultStage) -> None:
        super().__init__(stage)
        self._faulty, self._call, self._began_ms = stage.faulty, stage, stage.line.now_ms
        self.wall: Final = ExitStack()
        """Undoes what was done to the clock on the wall."""

    async def _engine(self, step: Step) -> None:
        name, how = step.rest.split(maxsplit=1)
        self._faulty.engines[name].becomes(how)

    async def _once(self, step: Step) -> None:
        name, how = step.rest.split(maxsplit=1)
        self._faulty.engines[name].fails_once(how)

    async def _dies(self, step: Step) -> None:
        if step.rest == "espeak":
            self._faulty.last_voice.is_there = False
        else:
            await self._faulty.engines[step.rest].proxy.close()

    async def _lives(self, step: Step) -> None:
        await self._faulty.engines[step.rest].proxy.open()

    async def _asked(self, step: Step) -> None:
        name, asked, dropped = step.rest.split()
        stub = getattr(self._faulty.stubs, name)
        assert (stub.asked, stub.dropped) == (int(asked), int(dropped)), f"{stub.asked} asked, {stub.dropped} dropped"

    async def _hears(self, step: Step) -> None:
        """Whatever is heard: no caller ever waits longer in silence."""
        since_ms = self._heard_until_ms
        await super()._hears(step)
        silence_ms = self._line.longest_silence_ms(max(since_ms, self._line.last_voiced_ms, self._began_ms))
        assert silence_ms <= LONGEST_SILENCE_MS, f"{silence_ms:.0f} ms of silence"

    async def _clock(self, step: Step) -> None:
        ahead_s, before = float(step.rest), time.time
        self.wall.enter_context(patch("time.time", lambda: before() + ahead_s))

    async def _degraded(self, step: Step) -> None:
        assert self._call.record.degraded == set(step.rest.split()), self._call.record.degraded


async def play(scenario: Scenario, folder: Path) -> None:
    """One call from its first step to its last, its phrases rendered before it."""
    faulty = FaultyEngines()
    await faulty.open()
    model = [step.rest for step in scenario.steps if step.verb == "model"]
    faulty.sentence = "".join(model)
    stage = FaultStage(folder, faulty, may_improvise=bool(model))
    player = FaultPlayer(stage)
    try:
        await stage.keep_phrases()
        for step in scenario.steps:
            await player.take(step)
    finally:
        player.wall.close()
        await stage.close()
        await asyncio.sleep(0)
    player.check_turns([step.rest for step in scenario.steps if step.verb == "turn"])
