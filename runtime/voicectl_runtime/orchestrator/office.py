"""What all calls share: the settings, the script, the engines, the record, and the places to talk."""

from concurrent.futures import Executor
from dataclasses import dataclass, field

from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.record import Record
from voicectl_runtime.orchestrator.room import Room
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.vad import SpeechDetector
from voicectl_runtime.settings import Agent, Settings


@dataclass(frozen=True)
class Office:
    """What all calls share."""

    settings: Settings
    script: Script
    chain: Chain
    detector: SpeechDetector
    record: Record
    disk: Executor
    """The thread that writes recordings."""
    room: Room = field(init=False)
    """Places at the engines."""

    def __post_init__(self) -> None:
        """As many places as calls that may be live."""
        object.__setattr__(self, "room", Room(self.settings.calls.most))

    @property
    def greeting(self) -> str:
        """What every caller hears first."""
        return greeting_of(self.settings.agent)

    def dialogue(self) -> Dialogue:
        """A fresh conversation with the script."""
        question = self.settings.agent.greeting.replace("!", ".").split(". ")[-1]
        return Dialogue(
            self.script, self.settings.people, self.settings.llm is not None, question, self.settings.agent.language
        )


def greeting_of(agent: Agent) -> str:
    """The first words; that a machine speaks comes before anything else."""
    return " ".join(filter(None, (agent.disclosure, agent.greeting)))
