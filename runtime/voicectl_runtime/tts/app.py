"""The application of tts-service: its route, its limits, and a voice that warms up behind them."""

from collections.abc import Callable

from aiohttp import web

from voicectl_runtime.service import application
from voicectl_runtime.settings import Settings, TextToSpeech
from voicectl_runtime.tts.engine import Engine
from voicectl_runtime.tts.routes import MOST_BYTES, Routes
from voicectl_runtime.tts.voice import Voice
from voicectl_runtime.warmth import Warmth


def make(settings: Settings) -> web.Application:
    """The service that the settings describe."""
    return make_with(settings.tts[0], lambda: load_voice(settings.tts[0]))


def make_with(chosen: TextToSpeech, load: Callable[[], Voice]) -> web.Application:
    """The same around another voice."""
    engine = Engine(chosen, load)
    app = application(Warmth(engine.warm_up), MOST_BYTES)
    app.cleanup_ctx.insert(0, engine.serving)
    app.router.add_post("/v1/audio/speech", Routes(engine).speech)
    return app


def load_voice(chosen: TextToSpeech) -> Voice:
    """The voice that the settings name."""
    if chosen.engine != "piper":
        raise ValueError(f"no engine {chosen.engine!r}; this service speaks with piper")
    from voicectl_runtime.tts.piper_voice import Piper  # noqa: PLC0415 - Piper is GPL and lives in its own environment

    return Piper(chosen.model_file, chosen.threads)
