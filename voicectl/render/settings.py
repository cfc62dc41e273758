"""The one file that the runtime reads, `settings.json`: dumped from data, never templated."""

from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, Final

from voicectl.catalogue.model import Kind, Model
from voicectl.config.sections import Config
from voicectl.errors import RenderError
from voicectl.planner.components import Component
from voicectl.planner.plan import Plan
from voicectl.render.places import Places, places_of

SCHEMA: Final = "voicectl.settings/1"
_DISCLOSURE: Final = {"en": "You are speaking with an automated assistant."}
# Measured on 122 unseen questions (tests/runtime/script/heldout.toml): 9 of 10 answered, 3 % wrong, off-topic 0 of 50.
_THRESHOLD: Final = 0.48
_MARGIN: Final = 0.03
# Where the distribution's package puts it.
_ESPEAK: Final = "/usr/bin/espeak-ng"


def settings_of(config: Config, plan: Plan, models: Mapping[str, Model]) -> dict[str, Any]:
    """What the runtime is told, as plain data."""
    places = places_of(config)
    agent = config.agent
    return {
        "schema": SCHEMA,
        "instance": places.instance,
        "version": version("voicectl"),
        "agent": {
            "name": agent.name,
            "business": agent.business,
            "language": agent.language,
            "greeting": agent.first_words,
            "disclosure": _DISCLOSURE[agent.language] if agent.disclosure else "",
            "script": str(places.script),
        },
        "paths": {
            name: str(getattr(places, name)) for name in ("prefix", "log", "state", "recordings", "prompts", "chunks")
        },
        "sip": _sip(config, places),
        "stt": [_stt(config, plan, models, places)],
        "tts": [_tts(config, plan, models, places)],
        "last_voice": {"program": _ESPEAK, "voice": agent.language},
        "llm": _llm(config, plan, models),
        "matcher": _matcher(plan, models, places),
        "turns": _turns(config, plan, models, places),
        "calls": asdict(config.calls),
        "people": [{"key": person.key, "says": person.says} for person in config.people],
        "look_ups": [{**asdict(each), "arguments": list(each.arguments)} for each in config.look_ups],
        "orchestrator": {
            "socket": str(places.orchestrator_socket),
            "health_port": config.services.orchestrator_port,
            "log_transcripts": config.log.transcripts,
        },
    }


def _sip(config: Config, places: Places) -> dict[str, Any]:
    return {
        "address": config.sip.address,
        "port": config.sip.port,
        "transport": "udp",
        "extension": config.sip.extension,
        "username": config.sip.username,
        "password_file": str(places.secret("phone")),
        "codecs": list(config.sip.codecs),
    }


def _stt(config: Config, plan: Plan, models: Mapping[str, Model], places: Places) -> dict[str, Any]:
    engine = _engine(plan, models, "stt")
    return {
        "url": f"http://127.0.0.1:{config.services.stt_port}",
        "model": engine.model,
        "model_dir": str(places.model(engine.model)),
        "compute_type": engine.precision,
        "device": engine.device,
        "threads": plan.threads.stt,
    }


def _tts(config: Config, plan: Plan, models: Mapping[str, Model], places: Places) -> dict[str, Any]:
    engine = _engine(plan, models, "tts")
    return {
        "url": f"http://127.0.0.1:{config.services.tts_port}",
        "engine": engine.engine,
        "model": engine.model,
        "model_file": _model_file(models, engine.model, ".onnx", places),
        "threads": plan.threads.tts,
    }


def _llm(config: Config, plan: Plan, models: Mapping[str, Model]) -> dict[str, Any] | None:
    engine = engine_of(plan, models, "llm")
    if engine is None:
        return None
    return {
        "url": f"http://127.0.0.1:{config.services.llm_port}",
        "model": engine.model,
        "context_tokens": plan.settings.context_tokens,
        "longest_answer_tokens": plan.settings.longest_answer_tokens,
        "instructions": config.agent.instructions,
    }


def _matcher(plan: Plan, models: Mapping[str, Model], places: Places) -> dict[str, Any]:
    engine = _engine(plan, models, "matcher")
    return {
        "model_file": _model_file(models, engine.model, ".onnx", places),
        "tokenizer_file": _model_file(models, engine.model, "tokenizer.json", places),
        "threshold": _THRESHOLD,
        "margin": _MARGIN,
    }


def _turns(config: Config, plan: Plan, models: Mapping[str, Model], places: Places) -> dict[str, Any]:
    turn_model = engine_of(plan, models, "turn")
    return {
        "vad_model_file": _model_file(models, _engine(plan, models, "vad").model, ".onnx", places),
        "stop_ms": config.turns.stop_ms,
        "patience_ms": config.turns.patience_ms,
        "barge_in_ms": config.turns.barge_in_ms,
        "silence_ms": config.turns.silence_ms,
        "longest_turn_ms": config.turns.longest_turn_s * 1000,
        "endpointing": config.turns.endpointing,
        "turn_model_file": _model_file(models, turn_model.model, ".onnx", places) if turn_model else None,
    }


def engine_of(plan: Plan, models: Mapping[str, Model], kind: Kind) -> Component | None:
    """What the plan chose for one task; None where nothing does it."""
    return next((one for one in plan.components if one.model in models and models[one.model].kind == kind), None)


def _engine(plan: Plan, models: Mapping[str, Model], kind: Kind) -> Component:
    found = engine_of(plan, models, kind)
    if found is None:
        raise RenderError(
            "E301",
            "the plan",
            f"it names no model of the catalogue for {kind}",
            fix="run `voicectl plan` to write it anew",
        )
    return found


def _model_file(models: Mapping[str, Model], model: str, ending: str, places: Places) -> str:
    """The file of a model that ends like this."""
    found = next((file.name for file in models[model].files if file.name.endswith(ending)), None)
    if found is None:
        raise RenderError(
            "E301",
            f"model {model}",
            f"the catalogue knows no file of it that ends in {ending}",
            fix="report this: it is a mistake in voicectl",
        )
    return str(places.model(model, found))
