"""What belongs to one call alone: whose turn it is, its ears, its mouth and its record."""

from dataclasses import dataclass

from voicectl_runtime.orchestrator.ears import Ears
from voicectl_runtime.orchestrator.mouth import Mouth
from voicectl_runtime.orchestrator.record import CallRecord
from voicectl_runtime.orchestrator.turn import Turn


@dataclass(frozen=True)
class Floor:
    """Between one caller and the conversation."""

    turn: Turn
    ears: Ears
    mouth: Mouth
    record: CallRecord
