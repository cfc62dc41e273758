"""The policy that the operator chose."""

from voicectl_runtime.orchestrator.endpointing import Endpointing
from voicectl_runtime.orchestrator.endpointing.adaptive import Adaptive
from voicectl_runtime.orchestrator.endpointing.fixed import Fixed
from voicectl_runtime.orchestrator.endpointing.smart_turn import SmartTurn
from voicectl_runtime.settings import Turns


def endpointing_of(turns: Turns) -> Endpointing:
    """By its name in `turns.endpointing`, which voicectl has checked."""
    if turns.endpointing == "fixed":
        return Fixed(turns.patience_ms)
    policy = SmartTurn if turns.endpointing == "smart-turn" else Adaptive
    return policy(turns.stop_ms, turns.patience_ms)
