"""What all calls share: the settings, the script, the engines, the record, and the places to talk."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.record import Record
from voicectl_runtime.orchestrator.room import Room
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.tools.tool import Tool
from voicectl_runtime.orchestrator.tools.toolbox import Toolbox
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
    tools: Sequence[Tool] = ()
    """What a language model may have done."""
    room: Room = field(init=False)
    """Places at the engines."""

    def __post_init__(self) -> None:
        """As many places as calls that may be live."""
        object.__setattr__(self, "room", Room(self.settings.calls.most))

    @property
    def greeting(self) -> str:
        """What every caller hears first."""
        return greeting_of(self.settings.agent)

    def dialogue(self, *, may_transfer: bool) -> Dialogue:
        """A fresh conversation with the script."""
        agent = self.settings.agent
        return Dialogue(
            self.script,
            self.settings.people,
            self.settings.llm is not None,
            question=agent.greeting.replace("!", ".").split(". ")[-1],
            language=agent.language,
            toolbox=Toolbox(self.tools, may_transfer=may_transfer),
        )


def greeting_of(agent: Agent) -> str:
    """The first words; that a machine speaks comes before anything else."""
    return " ".join(filter(None, (agent.disclosure, agent.greeting)))
