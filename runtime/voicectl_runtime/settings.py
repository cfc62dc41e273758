"""The one file that voicectl hands to the runtime, `settings.json`, as frozen data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

SCHEMA: Final = "voicectl.settings/1"


class SettingsError(Exception):
    """The settings file was not written by this version of voicectl."""


@dataclass(frozen=True)
class Agent:
    """Who answers the phone."""

    name: str
    business: str
    language: str
    """ISO 639-1."""
    greeting: str
    disclosure: str
    """The sentence that tells the caller that a machine speaks; empty where the operator turned it off."""
    script: Path
    """The dialogue script, TOML."""


@dataclass(frozen=True)
class Paths:
    """Where the runtime reads and writes."""

    prefix: Path
    log: Path
    state: Path
    recordings: Path
    prompts: Path
    """Pre-rendered 8 kHz prompts (`apology.sln` and others) that the dialplan plays when nothing else works."""
    chunks: Path
    """In tmpfs: the PCM that `STREAM FILE` plays."""


@dataclass(frozen=True)
class Sip:
    """How a phone reaches the agent."""

    address: str
    port: int
    transport: str
    extension: str
    username: str
    password_file: Path
    codecs: tuple[str, ...]


@dataclass(frozen=True)
class SpeechToText:
    """stt-service: Faster-Whisper."""

    url: str
    model: str
    """Catalogue id, for logs and health."""
    model_dir: Path
    compute_type: str
    device: str
    threads: int


@dataclass(frozen=True)
class TextToSpeech:
    """tts-service."""

    url: str
    engine: str
    model: str
    model_file: Path
    threads: int


@dataclass(frozen=True)
class LastVoice:
    """espeak-ng: speaks when no tts-service does."""

    program: Path
    voice: str
    """Its name of the language."""


@dataclass(frozen=True)
class LanguageModel:
    """llm-service: Ollama's `/api/chat`."""

    url: str
    model: str
    """The name under which Ollama knows it."""
    context_tokens: int
    longest_answer_tokens: int
    instructions: str
    """The fixed system prompt; byte-identical in every request, so that its prefix stays cached."""


@dataclass(frozen=True)
class Matcher:
    """What finds the script's answer by meaning: a sentence-embedding model."""

    model_file: Path
    tokenizer_file: Path
    threshold: float
    """Cosine similarity below which a question counts as not covered."""
    margin: float
    """How far the best answer must stand above the second one."""


@dataclass(frozen=True)
class Turns:
    """Turn-taking, in milliseconds."""

    vad_model_file: Path
    stop_ms: int
    """Silence after which a turn is committed whose words the script answers."""
    patience_ms: int
    """Silence after which any other turn is committed: perhaps the caller has not finished."""
    barge_in_ms: int
    """Voiced time after which the agent falls silent for the caller."""
    silence_ms: int
    """Silence after which the caller is asked whether they are still there; again after twice this, then let go."""
    longest_turn_ms: int
    """A monologue is cut here and answered."""
    endpointing: str
    """The policy that ends a turn: `adaptive`, `fixed` or `smart-turn`."""
    turn_model_file: Path | None
    """Smart Turn's ONNX file, where that policy is chosen."""


@dataclass(frozen=True)
class Calls:
    """What bounds a call."""

    most: int
    when_full: Literal["busy", "queue"]
    longest_wait_s: int
    """In the queue."""
    longest_s: int
    record: bool
    """Keep a recording of both sides."""
    keep_days: int
    """For this long."""
    buffer_ms: int
    """The most of the agent's voice that is on its way to the caller, and what a slow voice is given to recover."""
    drain_s: int
    """For this long the calls go on that were there when an update came."""


@dataclass(frozen=True)
class Person:
    """Somebody whom the agent may transfer to; `key` is also the dialplan's literal extension."""

    key: str
    says: str
    """How the agent names them: "the reception"."""


@dataclass(frozen=True)
class LookUp:
    """Something that the language model may ask a service of the operator's for."""

    name: str
    purpose: str
    """What the model is told of it."""
    url: str
    arguments: tuple[str, ...]
    timeout_ms: int


@dataclass(frozen=True)
class Orchestrator:
    """The process that holds every call."""

    socket: Path
    health_port: int
    log_transcripts: bool
    """DEBUG lines carry what was said only where the operator turned this on."""


@dataclass(frozen=True)
class Settings:
    """Everything that the CLI tells the runtime."""

    instance: str
    version: str
    agent: Agent
    paths: Paths
    sip: Sip
    stt: tuple[SpeechToText, ...]
    """Best first; each next one stands in for those before it."""
    tts: tuple[TextToSpeech, ...]
    """The same for voices."""
    last_voice: LastVoice
    llm: LanguageModel | None
    matcher: Matcher
    turns: Turns
    calls: Calls
    people: tuple[Person, ...]
    look_ups: tuple[LookUp, ...]
    orchestrator: Orchestrator


def read_settings(path: Path) -> Settings:
    """Read `settings.json`.

    Raises:
        SettingsError: the file cannot be read, has another schema, or misses or adds a key.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from error
    if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
        raise SettingsError(f"{path}: not a {SCHEMA} document; run `voicectl deploy` to write it anew")
    settings = _build(Settings, document, str(path))
    assert isinstance(settings, Settings)  # noqa: S101 - narrows the type; _build made it
    return settings


def _build(kind: Any, value: object, where: str) -> Any:
    """Turn plain JSON into the dataclass, tuple or scalar that `kind` names; nothing is converted silently."""
    if get_origin(kind) is UnionType:
        return None if value is None else _build(next(a for a in get_args(kind) if a is not NoneType), value, where)
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_build(get_args(kind)[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if is_dataclass(kind) and isinstance(value, Mapping):
        names = {field.name for field in fields(kind)}
        if names != set(value):
            raise SettingsError(f"{where}: keys that do not fit: {sorted(names ^ set(value))}")
        hints = get_type_hints(kind)
        return kind(**{name: _build(hints[name], value[name], f"{where}: {name}") for name in names})  # type: ignore[operator]  # a dataclass is callable
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if type(value) is kind or (get_origin(kind) is Literal and value in get_args(kind)):
        return value
    raise SettingsError(f"{where}: expected {getattr(kind, '__name__', kind)}, found {value!r}")
