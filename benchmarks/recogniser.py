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

import numpy as np
from rapidfuzz.distance import Levenshtein

from voicectl_runtime.stt.audio import from_pcm
from voicectl_runtime.stt.recogniser import Recogniser
from voicectl_runtime.stt.utterance import Audio, Window, utterances

FEWEST_WORDS = 6


def main() -> None:
    """Print one JSON document."""
    options = _options()
    recogniser = Recogniser(options.model, compute_type="int8", device="cpu", threads=options.threads)
    sounds = list(_sounds(options.sounds, options.texts))[:: options.every][: options.count]
    windows: tuple[Window, ...] = ("short", "full")
    measured = {each: _measure(recogniser, sounds, each) for each in windows}
    sys.stdout.write(json.dumps({"sounds": len(sounds), **measured}) + "\n")


def _measure(recogniser: Recogniser, sounds: list[tuple[Audio, str]], window: Window) -> dict[str, float]:
    prompt, wrong, words, times_ms = recogniser.prompt("en"), 0, 0, []
    for audio, text in sounds:
        began = time.perf_counter()
        heard = " ".join(recogniser.recognise([each], prompt)[0].text for each in utterances(audio, window))
        times_ms.append((time.perf_counter() - began) * 1000)
        wrong += Levenshtein.distance(_words(heard), _words(text))
        words += len(_words(text))
    return {
        "word_error_rate": round(wrong / words, 3),
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
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
