# ruff: noqa: INP001 - benchmarks are programs, not a package
"""False cut-offs and waiting time of each endpointing policy, with the real speech detector, recogniser and matcher.

Two flite voices say the sentences of pauses.toml over 8 kHz, with a pause where a caller stops to think:

    python benchmarks/endpointing.py --models DIR --turn-model smart-turn-v3.2-cpu.onnx

With --held-out they say those of pauses_held_out.toml, on which nothing is tuned, and the script answers its plain
questions, so that their beginnings are a hard test; `--voices awb kal16 kal` are voices on which nothing is tuned.

The clock is that of the audio: words are known as long after a pause began as their recognition really took, so on a
busy machine every policy that reads them waits longer. A turn that is committed while its caller is still to speak is a
false cut-off, whatever comes of it: unheard where the caller went on before the answer's first sound, joined where they
went on so soon after it that both parts became one turn, and else lost: the answer was to a part.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import wave
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import soxr

from voicectl_runtime import settings
from voicectl_runtime.orchestrator.ears import LOOK_BACK_MS
from voicectl_runtime.orchestrator.endpointing import Endpointing, Known
from voicectl_runtime.orchestrator.endpointing.adaptive import Adaptive
from voicectl_runtime.orchestrator.endpointing.fixed import Fixed
from voicectl_runtime.orchestrator.endpointing.smart_turn import SmartTurn, TurnModel
from voicectl_runtime.orchestrator.joining import JOINED_WITHIN_MS
from voicectl_runtime.orchestrator.script.dialogue import Answer, Script
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import REPLIES, Matcher
from voicectl_runtime.orchestrator.turn import WINDOW_MS, SpeechPaused, SpeechResumed, Turn, TurnCommitted, Yielded
from voicectl_runtime.orchestrator.vad import SpeechDetector
from voicectl_runtime.stt.audio import from_pcm
from voicectl_runtime.stt.recogniser import Recogniser
from voicectl_runtime.stt.utterance import SHORT_WINDOW_S, utterances

RATE_HZ = 8000
BYTES_PER_MS = 16
PAUSES_MS = (150, 250, 350, 450, 550, 700)
LEAD_IN_MS = 300
AFTER_MS = 2500
FIRST_CLAUSE_MS = 60
"""From words to sound: matching, and Piper's first clause (facts: 35 to 90 ms)."""
SCRIPT = Path(settings.__file__).parent / "orchestrator" / "script" / "dental_clinic.toml"


@dataclass
class Utterance:
    """One sentence as one voice said it, with its pauses."""

    kind: str
    pause_ms: int
    pcm: bytes
    ends_ms: float
    """When its last sound is over."""
    windows: list[tuple[float, float]] = field(default_factory=list)
    """Probability of speech, and when the window ended."""


@dataclass(frozen=True)
class Look:
    """What was found at one pause, and after how long."""

    known: Known
    words_after_ms: float
    voice_after_ms: float


class Listener:
    """Recogniser, matcher and turn model; each pause is looked at once, whatever the policy."""

    def __init__(self, models: Path, turn_model: Path | None, threads: int, script: Script) -> None:
        self._stt = Recogniser(models / "whisper-tiny.en", compute_type="int8", device="cpu", threads=threads)
        minilm = models / "minilm-l6-v2"
        chosen = settings.Matcher(minilm / "model.onnx", minilm / "tokenizer.json", 0.48, 0.03)
        self._matcher = Matcher(chosen, script)
        self._turn_model = TurnModel(turn_model) if turn_model else None
        self.looks: dict[bytes, Look] = {}
        self.spent_ms: list[float] = []

    def look(self, pcm: bytes) -> Look:
        """The words of what was said so far, and whether the voice sounds complete."""
        if pcm not in self.looks:
            self.looks[pcm] = self._look(pcm)
        return self.looks[pcm]

    def _look(self, pcm: bytes) -> Look:
        began = time.perf_counter()
        heard = utterances(from_pcm(pcm, RATE_HZ), SHORT_WINDOW_S)
        found = self._stt.recognise(heard, self._stt.prompt("en"))[0]
        match = self._matcher.match_now(found.text)
        words_after_ms = (time.perf_counter() - began) * 1000
        self.spent_ms.append(words_after_ms)
        began = time.perf_counter()
        complete = self._turn_model.look_now(pcm, RATE_HZ) if self._turn_model else None
        known = Known(found.text, is_covered=match.answer_id is not None, sounds_complete=complete)
        return Look(known, words_after_ms, (time.perf_counter() - began) * 1000)

    def close(self) -> None:
        """End the threads."""
        self._matcher.close()
        if self._turn_model:
            self._turn_model.close()


CutOff = Literal["no", "unheard", "joined", "lost"]
FALSE = ("unheard", "joined", "lost")


@dataclass(frozen=True)
class Outcome:
    """When a turn was committed."""

    waited_ms: float
    """After the caller's last sound."""
    cut_off: CutOff = "no"


def play(each: Utterance, policy: Endpointing, listener: Listener) -> Outcome:
    """One caller's turn, up to its commit, and to what comes of it where that is too early."""
    turn = Turn(settings.Turns(Path(), 200, 480, 60, 10**6, 10**6, "fixed", None), 0.0)
    look, paused_ms, windows = None, 0.0, iter(each.windows)
    for probability, at_ms in windows:
        stop_ms = policy.stop_ms(_known(look, at_ms - paused_ms) if look else Known())
        for event in turn.heard(probability, at_ms, stop_ms):
            if isinstance(event, SpeechPaused):
                since = max(0, int(event.began_ms - LOOK_BACK_MS)) * BYTES_PER_MS
                look, paused_ms = listener.look(each.pcm[since : int(at_ms) * BYTES_PER_MS]), at_ms
            elif isinstance(event, SpeechResumed):
                look = None
            elif isinstance(event, TurnCommitted):
                waited_ms = at_ms - each.ends_ms
                if waited_ms >= -WINDOW_MS or look is None:
                    return Outcome(waited_ms)
                first_ms = max(at_ms, paused_ms + look.words_after_ms + FIRST_CLAUSE_MS)
                return Outcome(waited_ms, _healed(turn, windows, first_ms))
    raise AssertionError("no turn")


def _healed(turn: Turn, windows: Iterator[tuple[float, float]], first_ms: float) -> CutOff:
    """What comes of a turn whose caller goes on, when the answer's first sound goes out at `first_ms`."""
    speaks = False
    for probability, at_ms in windows:
        if not speaks and at_ms >= first_ms:
            speaks = True
            turn.agent_started()
        for event in turn.heard(probability, at_ms, 10**6):
            if isinstance(event, SpeechResumed):
                return "unheard"
            if isinstance(event, Yielded):
                return "joined" if event.began_ms - first_ms <= JOINED_WITHIN_MS else "lost"
    return "lost"


def _known(look: Look, silent_ms: float) -> Known:
    """As much of a look as is there by now; the words come beside the voice's verdict."""
    there = look.known if silent_ms >= look.words_after_ms else Known()
    complete = look.known.sounds_complete if silent_ms >= look.voice_after_ms else None
    return Known(there.words, is_covered=there.is_covered, sounds_complete=complete)


async def spoken(detector: SpeechDetector, sentences: Mapping[str, list[str]], voices: list[str]) -> list[Utterance]:
    """Every sentence in every voice with every length of pause, and what the detector makes of it."""
    found = []
    for kind, texts in sentences.items():
        for text in texts:
            for voice in voices:
                for pause_ms in PAUSES_MS if "|" in text else (0,):
                    pcm, ends_ms = _with_pauses(text, voice, pause_ms)
                    each = Utterance(kind, pause_ms, pcm, ends_ms)
                    stream = detector.stream(lambda *window, into=each.windows: into.append(window))
                    stream.feed(pcm, len(pcm) / BYTES_PER_MS)
                    await asyncio.sleep(0)
                    stream.close()
                    found.append(each)
    return found


def _with_pauses(text: str, voice: str, pause_ms: int) -> tuple[bytes, float]:
    """8 kHz sound with a lead-in and a silent end, and the millisecond at which its last sound ends.

    The voice is told of each pause by a comma, so that it draws out the word before as speakers do; its own short break
    is then made as long as wanted.
    """
    sound, phones = _say(text.replace(" |", ","), voice)
    parts, begin_ms = [bytes(LEAD_IN_MS * BYTES_PER_MS)], phones[0][1]
    for (_, before_ms), (name, end_ms) in pairwise(phones):
        if name == "pau":
            parts += [sound[begin_ms * BYTES_PER_MS : before_ms * BYTES_PER_MS], bytes(pause_ms * BYTES_PER_MS)]
            begin_ms = end_ms
    spoken = b"".join(parts[:-1])
    silent = spoken + bytes(AFTER_MS * BYTES_PER_MS)
    hiss = np.random.default_rng(1).normal(0, 12, len(silent) // 2)
    return (np.frombuffer(silent, "<i2") + hiss).astype("<i2").tobytes(), len(spoken) / BYTES_PER_MS


@cache
def _say(text: str, voice: str) -> tuple[bytes, list[tuple[str, int]]]:
    """8 kHz sound, and its phones, each with the millisecond at which it ends."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        argv = ["flite", "-voice", voice, "-t", text, "-psdur", "-o", file.name]
        said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()
        with wave.open(file.name) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
            pcm = soxr.resample(samples, sound.getframerate(), RATE_HZ).astype("<i2").tobytes()
    return pcm, [(name, int(float(end_s) * 1000)) for name, end_s in (phone.split(":") for phone in said)]


def policies(*, with_turn_model: bool) -> Iterator[tuple[str, Endpointing]]:
    """What is compared."""
    for silence_ms in (200, 480, 700):
        yield f"fixed {silence_ms}", Fixed(silence_ms)
    yield "adaptive", Adaptive(200, 480)
    if with_turn_model:
        yield "smart-turn", SmartTurn(200, 480)


def main() -> None:
    """Print one JSON document."""
    options = _options()
    detector = SpeechDetector(options.models / "silero-vad-v6" / "silero_vad.onnx")
    name = "pauses_held_out.toml" if options.held_out else "pauses.toml"
    sentences = tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    said = asyncio.run(spoken(detector, sentences, options.voices))
    script = _script(sentences["plain"] if options.held_out else [])
    listener = Listener(options.models, options.turn_model, options.threads, script)
    measured = {
        name: _summary([(each, play(each, policy, listener)) for each in said])
        for name, policy in policies(with_turn_model=options.turn_model is not None)
    }
    recognition = {"p50_ms": round(statistics.median(listener.spent_ms), 1), "looks": len(listener.spent_ms)}
    listener.close()
    sys.stdout.write(json.dumps({"utterances": len(said), "recognition": recognition, "policies": measured}, indent=2))


def _script(questions: list[str]) -> Script:
    """The clinic's, or one that answers these questions instead of a clinic's."""
    script = load_script(SCRIPT).with_names(business="the clinic", name="Alex", person="the reception")
    if not questions:
        return script
    replies = [answer for answer in script.answers if answer.id in REPLIES]
    answers = (*replies, *(Answer(question, (question,), "") for question in questions))
    return replace(script, answers=answers, unrelated=())


def _summary(results: list[tuple[Utterance, Outcome]]) -> dict[str, object]:
    with_pause = [result for result in results if result[0].kind != "plain"]
    kinds, pauses, every = defaultdict(list), defaultdict(list), [outcome for _, outcome in with_pause]
    for each, outcome in with_pause:
        kinds[each.kind].append(outcome)
        pauses[each.pause_ms].append(outcome)
    whole = [(each, outcome.waited_ms) for each, outcome in results if outcome.cut_off == "no"]
    return {
        "false_cut_offs": _share(every, *FALSE),
        "heard": _share(every, "joined", "lost"),
        "lost": _share(every, "lost"),
        "by_kind": {kind: _share(outcomes, *FALSE) for kind, outcomes in kinds.items()},
        "by_pause_ms": {pause_ms: _share(outcomes, *FALSE) for pause_ms, outcomes in pauses.items()},
        "wait_ms": _percentiles([waited_ms for _, waited_ms in whole]),
        "wait_ms_plain_questions": _percentiles([waited_ms for each, waited_ms in whole if each.kind == "plain"]),
    }


def _share(outcomes: list[Outcome], *cut_offs: str) -> float:
    return round(sum(outcome.cut_off in cut_offs for outcome in outcomes) / len(outcomes), 4)


def _percentiles(times_ms: list[float]) -> dict[str, int]:
    return {"p50": round(statistics.median(times_ms)), "p95": round(float(np.percentile(times_ms, 95)))}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, required=True, help="the store's folder of models")
    parser.add_argument("--turn-model", type=Path, help="Smart Turn's ONNX file; without it that policy is left out")
    parser.add_argument("--held-out", action="store_true", help="the sentences on which nothing is tuned")
    parser.add_argument("--voices", nargs="+", default=["slt", "rms"], help="flite's")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
