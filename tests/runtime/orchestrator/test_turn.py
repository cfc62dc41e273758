"""Turn-taking on a clock that the tests turn: a letter a window, `#` voiced, `.` silent."""

from pathlib import Path
from typing import Final

import pytest

from voicectl_runtime.orchestrator.turn import (
    WINDOW_MS,
    CallerSilent,
    Event,
    FalselyStopped,
    Interrupted,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    State,
    Turn,
    TurnCommitted,
    Yielded,
)
from voicectl_runtime.settings import Turns

POLICY: Final = Turns(
    vad_model_file=Path("vad.onnx"),
    stop_ms=200,
    patience_ms=480,
    barge_in_ms=60,
    silence_ms=8000,
    longest_turn_ms=30000,
    endpointing="fixed",
    turn_model_file=None,
)


class Scene:
    """A turn with its own clock."""

    def __init__(self, policy: Turns = POLICY) -> None:
        self.turn = Turn(policy, 0.0)
        self.now_ms = 0.0

    def hears(self, windows: str) -> list[Event]:
        """Play windows; everything that happened."""
        events: list[Event] = []
        for window in windows:
            self.now_ms += WINDOW_MS
            events += self.turn.heard(
                {"#": 0.9, "+": 0.4, "-": 0.1, ".": 0.0}[window], self.now_ms, self.turn.policy.stop_ms
            )
        return events


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def test_a_plain_turn() -> None:
    """Speech, an answer prepared at the first silent window, the turn committed after 200 ms of silence."""
    scene = Scene()

    assert scene.hears("...") == []
    assert scene.hears("##") == [SpeechStarted(3 * WINDOW_MS)]
    assert scene.hears("##########") == []
    assert scene.hears(".") == [SpeechPaused(3 * WINDOW_MS, 15 * WINDOW_MS)]
    assert scene.hears("....") == []
    assert scene.hears(".") == [TurnCommitted(3 * WINDOW_MS, 15 * WINDOW_MS, 21 * WINDOW_MS)]
    assert scene.turn.state is State.COMMITTED


@pytest.mark.parametrize(("stop_ms", "windows"), [(32, 1), (200, 6), (208, 6), (300, 9), (500, 16), (1, 1)])
def test_commits_at_the_nearest_window(stop_ms: int, windows: int) -> None:
    """The stop rule is rounded to whole windows, not up."""
    scene = Scene(Turns(Path("vad.onnx"), stop_ms, 480, 60, 8000, 30000, "fixed", None))
    scene.hears("####")

    assert TurnCommitted not in kinds(scene.hears("." * (windows - 1)))
    assert TurnCommitted in kinds(scene.hears("."))


def test_going_on_drops_the_speculation() -> None:
    """A breath inside a sentence costs a speculation and nothing else; both halves are one turn."""
    scene = Scene()
    scene.hears("####")

    assert kinds(scene.hears("...##.")) == [SpeechPaused, SpeechResumed, SpeechPaused]
    committed = scene.hears(".....")[0]

    assert isinstance(committed, TurnCommitted)
    assert committed.began_ms == 0
    assert committed.stopped_ms == 9 * WINDOW_MS


@pytest.mark.parametrize("pauses", [1, 2, 5])
def test_a_number_spoken_in_groups(pauses: int) -> None:
    """Pauses shorter than the rule never commit."""
    scene = Scene()
    events = scene.hears("####....." * pauses + "####......")

    assert kinds(events).count(TurnCommitted) == 1
    assert kinds(events)[-1] is TurnCommitted
    assert kinds(events).count(SpeechResumed) == pauses


@pytest.mark.parametrize("noise", ["#.......", "..#..#......#.......", "." * 200, "+" * 50])
def test_clicks_and_hum_are_no_turn(noise: str) -> None:
    """A single voiced window, or a line that only hums, starts nothing."""
    assert Scene().hears(noise) == []


def test_weak_windows_do_not_end_a_word() -> None:
    """Once somebody speaks, a weaker probability still counts as speech."""
    scene = Scene()
    scene.hears("###")

    assert scene.hears("+++") == []
    assert kinds(scene.hears(".")) == [SpeechPaused]


def test_going_on_after_the_commit() -> None:
    """While nothing is heard yet the caller may go on: the answer is void, and the turn grows."""
    scene = Scene()
    scene.hears("####......")

    assert scene.hears("#") == []
    assert kinds(scene.hears("#")) == [SpeechResumed]
    committed = scene.hears("##......")[-1]

    assert isinstance(committed, TurnCommitted)
    assert committed.began_ms == 0


def test_a_click_after_the_commit_is_nothing() -> None:
    """One voiced window does not cost the caller the answer."""
    scene = Scene()
    scene.hears("####......")

    assert scene.hears("#.#.#..") == []
    assert scene.turn.state is State.COMMITTED


def test_barge_in() -> None:
    """After 60 ms of voice the agent falls silent, after a second of it the caller has the floor."""
    scene = Scene()
    scene.turn.agent_started()
    scene.hears("..")

    assert scene.hears("#") == []
    assert scene.hears("#") == [Yielded(2 * WINDOW_MS, 4 * WINDOW_MS)]
    assert scene.hears("#" * 29) == []
    assert scene.hears("#") == [Interrupted(2 * WINDOW_MS, 34 * WINDOW_MS)]
    committed = scene.hears("##......")[-1]

    assert isinstance(committed, TurnCommitted)
    assert committed.began_ms == 2 * WINDOW_MS


def test_a_short_word_over_the_agent_is_recognised() -> None:
    """It may be a "no" or a "yes": the turn is prepared and committed as any other, and the agent waits."""
    scene = Scene()
    scene.turn.agent_started()
    scene.hears("##")

    assert kinds(scene.hears("###......")) == [SpeechPaused, TurnCommitted]
    assert scene.turn.is_yielding


@pytest.mark.parametrize("cough", ["#..", "#..#..#..", "-" * 200])
def test_a_click_does_not_stop_the_agent(cough: str) -> None:
    """Less than 60 ms of voice at a time."""
    scene = Scene()
    scene.turn.agent_started()

    assert scene.hears(cough) == []
    assert scene.turn.state is State.SPEAKING


@pytest.mark.parametrize("cough", ["##", "####", "##.##", "#.#..#"])
def test_a_cough_stops_the_agent_for_a_moment(cough: str) -> None:
    """Less than 160 ms of voice with silence behind it is no word: nothing is recognised, and the agent goes on."""
    scene = Scene()
    scene.turn.agent_started()

    assert kinds(scene.hears(cough)) == [Yielded]
    assert scene.hears("...") == []
    assert kinds(scene.hears(".")) == [FalselyStopped]
    assert scene.turn.state is State.SPEAKING
    assert scene.turn.began_ms is None


def test_a_word_that_begins_in_doubt() -> None:
    """The detector takes a while to be sure of a vowel; the agent is silent by then, and the turn is whole."""
    scene = Scene()
    scene.turn.agent_started()

    assert kinds(scene.hears("+++")) == [Yielded]
    assert kinds(scene.hears("######......")) == [SpeechPaused, TurnCommitted]


def test_a_hum_stops_the_agent_twice_at_most() -> None:
    """After each false stop the next one takes more; what a detector is never sure of is soon not enough."""
    scene = Scene()
    scene.turn.agent_started()

    assert kinds(scene.hears("+" * 2000)) == [Yielded, FalselyStopped] * 2
    assert kinds(scene.hears("######")) == [Yielded], "a voice still is"


def test_a_hum_across_the_agents_end_is_no_speech() -> None:
    """It would be recognised as words that nobody said."""
    scene = Scene()
    scene.turn.agent_started()
    scene.hears("++")
    scene.turn.agent_finished(scene.now_ms)

    assert scene.hears("+" * 50 + "." * 10) == []


def test_a_cough_is_forgotten_before_the_next() -> None:
    """Two coughs are not one word."""
    scene = Scene()
    scene.turn.agent_started()

    assert kinds(scene.hears("####....####....")) == [Yielded, FalselyStopped] * 2


def test_going_on_after_a_word_over_the_agent_is_no_cough() -> None:
    """Between the commit and the answer the caller adds a syllable: both parts are one turn."""
    scene = Scene()
    scene.turn.agent_started()
    scene.hears("######......")

    assert kinds(scene.hears("##......")) == [SpeechResumed, SpeechPaused, TurnCommitted]


def test_barge_in_survives_a_dip() -> None:
    """One weak window inside the first word does not start the count anew."""
    scene = Scene()
    scene.turn.agent_started()

    assert kinds(scene.hears("#.#")) == [Yielded]


def test_speech_across_the_agents_end() -> None:
    """Who begins while the agent's last word fades is heard from the first word on."""
    scene = Scene()
    scene.turn.agent_started()
    scene.hears("..#")
    scene.turn.agent_finished(scene.now_ms)
    committed = scene.hears("###......")[-1]

    assert isinstance(committed, TurnCommitted)
    assert committed.began_ms == 2 * WINDOW_MS


def test_words_under_the_greeting_are_forgotten() -> None:
    """What was answered is not heard again."""
    scene = Scene()
    scene.hears("####......")
    scene.turn.agent_started()
    scene.hears("....")
    scene.turn.agent_finished(scene.now_ms)

    assert scene.hears("." * 20) == []
    assert scene.turn.began_ms is None


def test_nothing_to_answer_gives_the_floor_back() -> None:
    """A turn without words leads back to listening, and the next one is whole."""
    scene = Scene()
    scene.hears("####......")
    scene.turn.nothing_to_answer()

    assert kinds(scene.hears("####......")) == [SpeechStarted, SpeechPaused, TurnCommitted]


def test_a_monologue_is_cut() -> None:
    """After 30 s the agent answers although the caller still speaks, and is not put off by that."""
    scene = Scene()
    events = scene.hears("#" * 938)

    assert kinds(events) == [SpeechStarted, TurnCommitted]
    assert isinstance(events[1], TurnCommitted)
    assert events[1].cut
    assert scene.hears("#####") == []
    assert scene.turn.state is State.COMMITTED


def test_silence_is_noticed_again_and_again() -> None:
    """After 8, 16 and 25 s without a word, counted from the agent's end, whatever is asked into the silence."""
    scene = Scene()
    scene.turn.agent_started()
    assert scene.hears("." * 400) == []
    scene.turn.agent_finished(scene.now_ms)
    ended_ms = scene.now_ms

    events = scene.hears("." * 260)
    scene.turn.agent_started()
    scene.hears("." * 40)
    scene.turn.agent_finished(scene.now_ms)
    events += scene.hears("." * 700)

    assert [(each.times, each.at_ms - ended_ms) for each in events if isinstance(each, CallerSilent)] == [
        (1, 8000),
        (2, 16000),
        (3, 25024),
    ]


def test_noise_without_words_does_not_put_the_silence_off() -> None:
    """A cough is not an answer to "are you still there?"."""
    scene = Scene()
    scene.hears("." * 240 + "####......")
    scene.turn.nothing_to_answer()

    assert kinds(scene.hears("..")) == [CallerSilent]


def test_a_speaking_caller_is_not_silent() -> None:
    """The clock of silence does not run while somebody speaks."""
    scene = Scene()

    assert CallerSilent not in kinds(scene.hears("#" * 600))
