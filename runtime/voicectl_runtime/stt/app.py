"""The application of stt-service: routes, limits, and an engine that warms up behind them."""

from collections.abc import Callable

from aiohttp import web

from voicectl_runtime.service import application
from voicectl_runtime.settings import Settings, SpeechToText
from voicectl_runtime.stt.engine import Engine, Model
from voicectl_runtime.stt.recogniser import Recogniser
from voicectl_runtime.stt.routes import MOST_BYTES, Routes
from voicectl_runtime.warmth import Warmth


def make(settings: Settings) -> web.Application:
    """The service that the settings describe."""
    chosen = settings.stt[0]

    def load() -> Recogniser:
        return Recogniser(
            chosen.model_dir, compute_type=chosen.compute_type, device=chosen.device, threads=chosen.threads
        )

    return make_with(chosen, settings.agent.language, load)


def make_with(chosen: SpeechToText, language: str, load: Callable[[], Model]) -> web.Application:
    """The same around another recogniser."""
    engine = Engine(chosen, language, load)
    routes = Routes(engine, language)
    app = application(Warmth(engine.warm_up), MOST_BYTES)
    app.cleanup_ctx.insert(0, engine.serving)
    app.router.add_post("/v1/audio/raw", routes.raw)
    app.router.add_post("/v1/audio/transcriptions", routes.transcriptions)
    return app
