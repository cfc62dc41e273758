"""How an engine fails, whichever it is."""

from collections.abc import Mapping
from typing import Final

PAUSE_S: Final = 0.1
"""Between a failure and the one retry, where the engine names no time itself: a process may be starting again."""
TOO_MANY: Final = 429


class EngineError(Exception):
    """An engine did not do its part in time; the next one down is asked, and in the end a recorded phrase is heard."""

    def __init__(self, engine: str, why: str, *, again_after_s: float | None = PAUSE_S, is_sick: bool = True) -> None:
        super().__init__(f"{engine}: {why}")
        self.engine = engine
        """stt, tts or llm."""
        self.again_after_s = again_after_s
        """When the same may be asked once more; None where the answer would be the same."""
        self.is_sick = is_sick
        """Whether the engine itself is at fault; one that is only busy, or was asked nonsense, is not."""


def refused(engine: str, status: int, headers: Mapping[str, str] | None = None) -> EngineError:
    """What an answer with another status than 200 means; a Retry-After is honoured where it is a number of seconds."""
    again_after_s = PAUSE_S
    retry_after = headers.get("Retry-After") if headers else None
    if retry_after is not None:
        again_after_s = float(retry_after) if retry_after.isdecimal() else float("inf")
    if status == TOO_MANY:
        return EngineError(engine, "busy: status 429", again_after_s=again_after_s, is_sick=False)
    if 400 <= status < 500:  # noqa: PLR2004 - HTTP's range for mistakes of the client
        return EngineError(engine, f"refused: status {status}", again_after_s=None, is_sick=False)
    return EngineError(engine, f"failed: status {status}", again_after_s=again_after_s)
