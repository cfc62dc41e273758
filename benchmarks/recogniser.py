# ruff: noqa: INP001 - benchmarks are programs, not a package
"""Word error rate and time of the recogniser, on human voices over a telephone's 8 kHz.

The voices are Asterisk's core sounds, which carry their own text (Debian: asterisk-core-sounds-en and -en-wav):

    python benchmarks/recogniser.py --model DIR --sounds /usr/share/asterisk/sounds --count 60
"""

import argparse
import gzip
import json
import re
import statistics
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from voicectl_runtime.orchestrator.engines.stt import Words
from voicectl_runtime.stt.audio import from_pcm
from voicectl_runtime.stt.recogniser import Recogniser
from voicectl_runtime.stt.utterance import FULL_WINDOW_S, SHORT_WINDOW_S, Audio, utterances

FEWEST_WORDS = 6


class Heard(NamedTuple):
    """One hearing of one sound."""

    words: Words
    ms: float


def main() -> None:
    """Print one JSON document."""
    options = _options()
    recogniser = Recogniser(options.model, compute_type="int8", device="cpu", threads=options.threads)
    sounds = list(_sounds(options.sounds, options.texts))[:: options.every][: options.count]
    hearings = {f"{each} s": _hear(recogniser, [audio for audio, _ in sounds], each) for each in options.windows}
    short, *_, full = hearings.values()
    hearings["confirmed"] = [_confirmed(*each) for each in zip(short, full, strict=True)]
    texts = [text for _, text in sounds]
    figures = {name: _figures(heard, texts) for name, heard in hearings.items()}
    sys.stdout.write(json.dumps({"sounds": len(sounds), **figures}) + "\n")


def _hear(recogniser: Recogniser, sounds: list[Audio], shortest_s: int) -> list[Heard]:
    prompt, heard = recogniser.prompt("en"), []
    for audio in sounds:
        began = time.perf_counter()
        found = [recogniser.recognise([each], prompt)[0] for each in utterances(audio, shortest_s)]
        spent_ms = (time.perf_counter() - began) * 1000
        text, sureness = " ".join(each.text for each in found), min(each.avg_logprob for each in found)
        heard.append(Heard(Words(text, 0.0, sureness), spent_ms))
    return heard


def _confirmed(short: Heard, full: Heard) -> Heard:
    """As a call does it where a model answers: words that are not sure are heard again in a full window."""
    if short.words.are_sure:
        return short
    return Heard(full.words if full.words.are_surer_than(short.words) else short.words, short.ms + full.ms)


def _figures(heard: list[Heard], texts: list[str]) -> dict[str, float]:
    pairs = [(_words(each.words.text), _words(text)) for each, text in zip(heard, texts, strict=True)]
    wrong = sum(Levenshtein.distance(found, said) for found, said in pairs)
    times_ms = [each.ms for each in heard]
    return {
        "word_error_rate": round(wrong / sum(len(said) for _, said in pairs), 3),
        "p50_ms": round(statistics.median(times_ms), 1),
        "p95_ms": round(float(np.percentile(times_ms, 95)), 1),
    }


def _sounds(folder: Path, texts: Path) -> Iterator[tuple[Audio, str]]:
    """Every prompt of enough words, with its text."""
    for line in gzip.decompress(texts.read_bytes()).decode().splitlines():
        name, _, text = line.partition(":")
        found = next(folder.glob(f"*/{name.strip()}.wav"), None)
        if found and not line.startswith(";") and len(_words(text)) >= FEWEST_WORDS:
            with wave.open(str(found)) as sound:
                yield from_pcm(sound.readframes(sound.getnframes()), sound.getframerate()), text


def _words(text: str) -> list[str]:
    """What is compared: no marks, no stage directions in brackets."""
    return re.sub(r"[^\w\s']", " ", re.sub(r"[\[(].*?[\])]", " ", text)).casefold().split()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--sounds", type=Path, default=Path("/usr/share/asterisk/sounds"))
    parser.add_argument(
        "--texts", type=Path, default=Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
    )
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--every", type=int, default=1, help="take every nth prompt, to spread over the alphabet")
    parser.add_argument(
        "--windows", type=int, nargs="+", default=[SHORT_WINDOW_S, FULL_WINDOW_S], help="the last one confirms"
    )
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
