# ruff: noqa: INP001 - benchmarks are programs, not a package
"""Questions that the script does not answer as they were heard: how many a hearing with hints rescues and spoils.

flite's voices ask over a telephone's 8 kHz mu-law (Debian: flite, sox), in the script's own words, in others
(paraphrases.toml, tests/runtime/script/heldout.toml), and what no script for a clinic answers:

    python benchmarks/rehearing.py --models DIR
"""

import argparse
import json
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from voicectl_runtime import settings
from voicectl_runtime.orchestrator.script.hints import is_heard
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import REPLIES, Matcher, is_clear
from voicectl_runtime.stt.audio import from_pcm
from voicectl_runtime.stt.recogniser import Recogniser
from voicectl_runtime.stt.utterance import SHORT_WINDOW_S, Transcript, Utterance, utterances

ROOT = Path(__file__).parents[1]
SCRIPT = load_script(Path(settings.__file__).parent / "orchestrator" / "script" / "dental_clinic.toml")
TO_THE_TELEPHONE = "-r 8000 -c 1 -e mu-law -t raw - gain -n -6 pad 0.24 0.1"
FROM_THE_TELEPHONE = "-t raw -r 8000 -c 1 -e mu-law - -e signed -b 16 -t raw -"


@dataclass(frozen=True)
class Question:
    """What is asked, and which answers a person would choose; none is right where there are none."""

    kind: str
    text: str
    right: tuple[str, ...] = ()


def main() -> None:
    """Print one JSON document."""
    options = _options()
    tiny, meaning = options.models / "whisper-tiny.en", options.models / "minilm-l6-v2"
    recogniser = Recogniser(tiny, compute_type="int8", device="cpu", threads=options.threads)
    matcher = Matcher(settings.Matcher(meaning / "model.onnx", meaning / "tokenizer.json", 0.48, 0.03), SCRIPT)
    counts: dict[str, Counter[str]] = {}
    times_ms: list[float] = []
    for question in list(_questions())[:: options.every]:
        for voice in options.voices:
            found = counts.setdefault(question.kind, Counter(asked=0, missed=0, rescued=0, wrong=0))
            found["asked"] += 1
            audio = utterances(from_pcm(_spoken(question.text, voice), 8000), SHORT_WINDOW_S)[0]
            first = _heard(recogniser, audio, "")
            if first.text and matcher.match_now(first.text).answer_id is None:
                began = time.perf_counter()
                answer = _second(matcher, _heard(recogniser, audio, matcher.hints), first)
                times_ms.append((time.perf_counter() - began) * 1000)
                found["missed"] += 1
                found["rescued"] += answer in question.right
                found["wrong"] += answer is not None and answer not in question.right
    matcher.close()
    p50_ms = round(sorted(times_ms)[len(times_ms) // 2], 1) if times_ms else None
    sys.stdout.write(json.dumps({**counts, "second_hearing_p50_ms": p50_ms}) + "\n")


def _second(matcher: Matcher, heard: Transcript, first: Transcript) -> str | None:
    """The answer to the second hearing, where it is believed as in a call."""
    if not is_heard(heard.text, heard.avg_logprob, first.text):
        return None
    match = matcher.match_now(heard.text)
    return match.answer_id if is_clear(match) else None


def _heard(recogniser: Recogniser, audio: Utterance, hints: str) -> Transcript:
    return recogniser.recognise([audio], recogniser.prompt("en", hints))[0]


def _questions() -> Iterator[Question]:
    for answer in SCRIPT.answers:
        if answer.id not in REPLIES:
            yield from (Question("script", each, (answer.id,)) for each in answer.questions)
    own = tomllib.loads((ROOT / "benchmarks/paraphrases.toml").read_text(encoding="utf-8"))
    held_out = tomllib.loads((ROOT / "tests/runtime/script/heldout.toml").read_text(encoding="utf-8"))
    for text, right in {**held_out["asked"], **own["asked"]}.items():
        yield Question("paraphrases", text, tuple(right))
    beyond = (ROOT / "benchmarks/beyond_script.txt").read_text(encoding="utf-8").splitlines()
    for text in (*beyond, *held_out["off_topic"]["questions"], *SCRIPT.unrelated):
        yield Question("off_topic", text)


def _spoken(text: str, voice: str) -> bytes:
    """Signed 16-bit samples at 8 kHz."""
    said = subprocess.run(["flite", "-voice", voice, "-t", text, "-o", "/dev/stdout"], check=True, capture_output=True)
    sent = subprocess.run(
        ["sox", "-t", "wav", "--ignore-length", "-", *TO_THE_TELEPHONE.split()],
        input=said.stdout,
        check=True,
        capture_output=True,
    )
    return subprocess.run(
        ["sox", *FROM_THE_TELEPHONE.split()], input=sent.stdout, check=True, capture_output=True
    ).stdout


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--voices", nargs="+", default=["slt", "rms", "kal16", "awb"])
    parser.add_argument("--every", type=int, default=1, help="take every nth question")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
