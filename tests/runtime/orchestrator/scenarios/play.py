"""Plays a scenario's steps on a stage, and compares what happens with what the scenario says."""

import asyncio
from pathlib import Path
from typing import Any, Final

from tests.runtime.orchestrator.scenarios.language import Scenario, Step
from tests.runtime.orchestrator.scenarios.stage import POLICY, Stage
from voicectl_runtime.orchestrator.dialogue import Mood, Reply

LOOK_MS: Final = 10
LONGEST_WAIT_MS: Final = 60_000


async def play(scenario: Scenario, folder: Path) -> None:
    """One call from its first step to its last."""
    settings = dict(step.rest.split() for step in scenario.steps if step.verb == "set")
    changed = {name: int(value) if value.isdigit() else value for name, value in settings.items()}
    assert changed.keys() <= POLICY.keys(), f"no such setting: {changed.keys() - POLICY.keys()}"
    model = [step.rest for step in scenario.steps if step.verb == "model"]
    stage = Stage(folder, changed, may_improvise=bool(model))
    stage.llm.sentence = "".join(model)
    player = Player(stage)
    try:
        for step in scenario.steps:
            await player.take(step)
    finally:
        await stage.close()
    player.check_turns([step.rest for step in scenario.steps if step.verb == "turn"])


class Player:
    """Carries out one step after the other."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._line = stage, stage.line
        self._heard_until_ms = 0.0
        """What was heard before this is told already."""

    async def take(self, step: Step) -> None:
        """One step; the verbs that are read before the call or after it are none."""
        if step.verb not in {"set", "model", "turn"}:
            try:
                await getattr(self, f"_{step.verb}")(step)
            except AssertionError as error:
                raise AssertionError(f"line {step.line}, {step.verb} {step.rest}: {error}\n{self._story()}") from error

    def check_turns(self, expected: list[str]) -> None:
        """Every turn in which something was said, in order."""
        said = [row.said for row in self._stage.record.rows.values() if row.said]
        assert said == expected, f"turns {said}\n{self._story()}"

    async def _engine(self, step: Step) -> None:
        name, behaviour = step.rest.split()
        engines = {engine.name: engine for engine in self._stage.engines}
        engines[name].behaviour = behaviour

    async def _sounds(self, step: Step) -> None:
        self._stage.turn_model.opinion = float(step.rest)

    async def _kept(self, _: Step) -> None:
        await self._stage.keep_phrases()

    async def _greeting(self, step: Step) -> None:
        self._stage.talk.greet(Reply(step.rest, "system", Mood(last_said=step.rest)))

    async def _caller(self, step: Step) -> None:
        await self._line.say(step.rest)

    async def _presses(self, step: Step) -> None:
        """Keys, as the session tells of them; one that nobody wanted lets the agent speak on."""
        for key in step.rest:
            self._stage.talk.pressed(key)
            self._line.presses(key)
            await asyncio.sleep(LOOK_MS / 1000)

    async def _wait(self, step: Step) -> None:
        await asyncio.sleep(int(step.rest) / 1000)

    async def _hears(self, step: Step) -> None:
        await self._listen(step)
        self._heard_until_ms = self._line.now_ms

    async def _starts(self, step: Step) -> None:
        await self._listen(step, is_all=False)

    async def _silent(self, step: Step) -> None:
        await self._wait(step)
        assert not self._words(), f"the agent said {' '.join(self._words())!r}"

    async def _stops(self, step: Step) -> None:
        assert step.within_ms
        waited_ms = 0
        while self._line.is_playing:
            assert waited_ms < LONGEST_WAIT_MS, "the agent goes on"
            await asyncio.sleep(LOOK_MS / 1000)
            waited_ms += LOOK_MS
        since_ms = self._line.quiet_since_ms - self._line.first_voiced_ms
        assert step.within_ms[0] <= since_ms <= step.within_ms[1], f"stopped {since_ms:.0f} ms after the onset"

    async def _leave(self, step: Step) -> None:
        reason: Any = step.rest
        self._stage.talk.take_leave(reason)

    async def _ended(self, step: Step) -> None:
        endings = [" ".join(filter(None, (ending.ended_by, ending.person))) for ending in self._stage.endings]
        assert endings == ([step.rest] if step.rest != "not" else []), f"endings {endings}"

    async def _typed(self, step: Step) -> None:
        """What the record keeps of what was typed, and that it stands nowhere else."""
        assert self._stage.record.digits == ([step.rest] if step.rest else []), f"kept {self._stage.record.digits}"

    async def _answers(self, step: Step) -> None:
        """The newest answer as the record has it."""
        answer = self._stage.record.rows[self._stage.record.turn].answer
        assert answer == step.rest, f"recorded {answer!r}"

    async def _event(self, step: Step) -> None:
        """So many of these on the timeline so far."""
        name, count = step.rest.split()
        assert sum(name == each for each, _ in self._stage.record.events) == int(count), "another number of events"

    async def _asked(self, step: Step) -> None:
        """So many requests to an engine so far, and so many of them dropped."""
        name, asked, dropped = step.rest.split()
        engine = next(engine for engine in self._stage.engines if engine.name == name)
        assert (engine.asked, engine.dropped) == (int(asked), int(dropped)), (
            f"{engine.asked} asked, {engine.dropped} dropped"
        )

    async def _listen(self, step: Step, *, is_all: bool = True) -> None:
        """Wait until exactly these words were heard, the first of them in time."""
        expected = step.rest.split()
        waited_ms = 0
        while (words := self._words()) != expected or (is_all and self._line.is_playing):
            if not is_all and words[: len(expected)] == expected:
                break
            assert words == expected[: len(words)], f"heard {' '.join(words)!r}"
            assert waited_ms < LONGEST_WAIT_MS, f"heard only {' '.join(words)!r}"
            await asyncio.sleep(LOOK_MS / 1000)
            waited_ms += LOOK_MS
        if step.within_ms:
            first_ms = self._line.first_sound_ms(self._heard_until_ms)
            assert first_ms is not None, "nothing was heard"
            after_ms = first_ms - self._line.last_voiced_ms
            assert step.within_ms[0] <= after_ms <= step.within_ms[1], f"heard {after_ms:.0f} ms after the last word"

    def _words(self) -> list[str]:
        return [word for _, word in self._line.heard(self._heard_until_ms)]

    def _story(self) -> str:
        """The timeline, for whoever must find out why."""
        return "\n".join(f"{at_ms:9.0f} {name}" for name, at_ms in self._stage.record.events)
