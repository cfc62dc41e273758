"""Turn-taking as data: every scenario of the `*.txt` files in this folder is one call on a virtual clock.

To add one, write it into the file whose theme it has. A name stands at the margin, its steps are indented, and the
steps happen one after the other. Sound, words, delays and times are exact: nothing is random, nothing waits.

    a breath inside a question
        caller  when do you (150) open?
        hears 160..260  We open at nine.
        turn    when do you open?

What happens:

    caller WORDS        the caller speaks; done with the last word. `(300)` is a pause, `word:600` a word of 600 ms (260
                        otherwise), `[cough:150]` voice without words, `[hum]` a sound that the detector is unsure of,
                        `noon/nine` is taken for "noon" by a short recognition window
    wait MS             time passes
    engine NAME HOW     from now on stt, stt-full, stt-hinted, matcher, turn-model, llm, tts or orders (a look-up) takes
                        HOW ms, `fails` or `hangs`; what takes longer than its client's deadline fails at that deadline
    sounds OPINION      from now on Smart Turn takes the voice for complete (1) or not (0); asked with `set endpointing
                        smart-turn` only
    leave REASON        the call is to end, as if it were too long
    greeting WORDS      the agent speaks first
    presses KEYS        the caller presses them, one after the other

What must be:

    hears [A..B] WORDS  exactly this was heard since the last `hears`, and the line is quiet; its first sound A to B ms
                        after the caller's last voiced frame
    starts [A..B] WORDS this has been heard, and perhaps more follows; the next step happens while the agent speaks
    stops A..B          the agent fell silent, A to B ms after the beginning of what the caller said last
    silent MS           time passes, and nothing is heard
    event NAME N        N such events stand on the timeline so far
    asked NAME N M      an engine had N requests so far, and M of them were cancelled
    ended WHY           the call has ended so, `transfer reception` with whom, or `not` at all
    typed ANSWER DIGITS the record keeps these digits, and no others
    answers WORDS       the newest answer as the record has it
    turn WORDS          wherever it stands: the turns of the whole call, each with what was understood

Before the call, wherever it stands: `set NAME VALUE` a setting of [turns]; `model WORDS` a language model answers with
this ({said} is what it was asked); `kept` renders all fixed phrases as the first step.

The script knows the words open, cost, person, message, number, order, bye, yes and no (engines.py); its answers stand
in stage.py. At the end of each scenario the caller hangs up, and every task and every request to an
engine must be gone.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.runtime.orchestrator.scenarios.language import Scenario, read
from tests.runtime.orchestrator.scenarios.play import play
from tests.runtime.orchestrator.scenarios.virtual_time import run_in_virtual_time

FILES: Final = sorted(Path(__file__).parent.glob("*.txt"))
SCENARIOS: Final = [
    pytest.param(scenario, id=f"{path.stem}: {scenario.name}") for path in FILES for scenario in read(path)
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller hears, when, and what the record says of it."""
    run_in_virtual_time(lambda: play(scenario, tmp_path), monkeypatch)
