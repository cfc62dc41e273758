"""How an engine fails, whichever it is."""


class EngineError(Exception):
    """An engine did not do its part in time; the caller hears a recorded phrase instead."""

    def __init__(self, engine: str, why: str) -> None:
        super().__init__(f"{engine}: {why}")
        self.engine = engine
        """stt, tts or llm."""
