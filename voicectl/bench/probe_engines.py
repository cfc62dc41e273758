"""Asks the running engines for a few sentences: the voice speaks them, the recogniser hears them, the model goes on."""

import statistics
import time
from typing import Any, Final

import httpx
import ollama

from voicectl.bench.about import describe_machine
from voicectl.errors import ServiceError
from voicectl.planner.language_memory import BATCH_TOKENS
from voicectl.planner.measured import Probe

_SENTENCES: Final = ("We open at eight in the morning.", "Please tell me your name.", "A cleaning takes half an hour.")
_QUESTIONS: Final = ("What is a rainbow?", "How far away is the moon?", "Why is the sea salty?", "Who was Mozart?")
_RATE_HZ: Final = 8000
_TIMEOUT_S: Final = 20.0
_NANOSECONDS: Final = 1e9


def probe_engines(settings: dict[str, Any]) -> Probe:
    """The median of three sentences, one at a time.

    Args:
        settings: what the runtime reads.

    Raises:
        ServiceError: an engine does not answer.
    """
    try:
        stt, tts, llm = settings["stt"][0], settings["tts"][0], settings["llm"]
        with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
            spoken = [_speak(client, tts["url"], each) for each in _SENTENCES]
            heard = [_hear(client, stt["url"], pcm) for _, pcm in spoken]
        first_ms, tokens_s = _think(llm)
    except (
        httpx.HTTPError,
        ollama.ResponseError,
        OSError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ZeroDivisionError,
    ) as error:
        why = " ".join(str(error).split())
        raise ServiceError(
            "E553", "the engines", f"they cannot be probed ({why})", fix="voicectl deploy, then plan --probe again"
        ) from error
    machine = describe_machine()
    return Probe(
        cpu=machine["cpu"],
        cores=machine["cores"],
        stt=stt["model"],
        tts=tts["model"],
        llm=llm["model"] if llm else None,
        recognise_ms=round(statistics.median(heard), 1),
        clause_ms=round(statistics.median(first for first, _ in spoken), 1),
        first_token_ms=first_ms,
        tokens_s=tokens_s,
    )


def _speak(client: httpx.Client, url: str, text: str) -> tuple[float, bytes]:
    """Milliseconds to the first sound, and all of it."""
    began, first_ms, pcm = time.perf_counter(), 0.0, b""
    wanted = {"input": text, "response_format": "pcm", "sample_rate": _RATE_HZ}
    with client.stream("POST", f"{url}/v1/audio/speech", json=wanted) as response:
        response.raise_for_status()
        for piece in response.iter_bytes():
            first_ms = first_ms or (time.perf_counter() - began) * 1000
            pcm += piece
    return first_ms, pcm[: len(pcm) & ~1]


def _hear(client: httpx.Client, url: str, pcm: bytes) -> float:
    began = time.perf_counter()
    address = f"{url}/v1/audio/raw?sample_rate={_RATE_HZ}&window=short"
    response = client.post(address, content=pcm, headers={"Content-Type": "application/octet-stream"})
    response.raise_for_status()
    return (time.perf_counter() - began) * 1000


def _think(llm: dict[str, Any] | None) -> tuple[float, float]:
    """Milliseconds to the first token of a new question's answer, and tokens a second; zeros where no model runs."""
    if llm is None:
        return 0.0, 0.0
    client = ollama.Client(host=llm["url"], timeout=_TIMEOUT_S, trust_env=False)
    # The first one has the model read its instructions, as it has in a call before the caller asks.
    firsts_ms, paces = zip(*[_answer(client, llm, each) for each in _QUESTIONS][1:], strict=True)
    return round(statistics.median(firsts_ms), 1), round(statistics.median(paces), 1)


def _answer(client: ollama.Client, llm: dict[str, Any], question: str) -> tuple[float, float]:
    """As callers wait for it: with what Ollama itself takes."""
    began = time.perf_counter()
    asked = [{"role": "system", "content": llm["instructions"]}, {"role": "user", "content": question}]
    options = {"num_ctx": llm["context_tokens"], "num_batch": BATCH_TOKENS, "num_predict": 32}
    parts = client.chat(llm["model"], asked, stream=True, keep_alive=-1, options=options)
    came = [((time.perf_counter() - began) * 1000, part) for part in parts]
    (first_ms, _), (_, last) = came[0], came[-1]
    return first_ms, (last.eval_count or 0) / ((last.eval_duration or 0) / _NANOSECONDS)
