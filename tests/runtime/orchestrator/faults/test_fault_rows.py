"""Rows of the fault table: every one is a call on a virtual clock, through the real clients and a bad line.

The rows stand in `rows.txt`, in the language of `../scenarios/test_scenarios.py`, whose verbs all serve. All fixed
phrases are rendered before the call. What else there is:

    engine NAME HOW     from now on stt, llm or tts (or the line to it) is so: the words are those of bad_engine.py
    once NAME HOW       the same for the next request only
    dies NAME           connections are refused from now on; also `espeak`, the last voice
    lives NAME          and no longer
    clock SECONDS       the clock on the wall jumps by so many
    degraded NAMES      these engines failed or were replaced so far

After each `hears` no silence since the caller's last word may have lasted longer than three seconds. The last voice
speaks in CAPITALS. Half a second after the caller has hung up no request may be open at any engine.

Where each row of the table is tested; "wire" is a call through the real Asterisk, in `tests/wire`:

    1-4, 6, 8, 10, 16-20    here; wire: test_bad_engines.py
    5                       here; the real detector and recogniser in wire/test_no_turn.py
    7, 9, 11, 15, 46        here
    12                      wire: test_bad_engines.py; after a restart of the model alone, ../test_warm_up.py
    13                      here; the old release stays: tests/phases/test_deployment.py
    14                      here; ../tools/test_hostile_models.py
    21, 24, 25, 27, 28, 34  wire: test_faults.py; row 28 ten thousand times: benchmarks/zombies.py
    22, 23                  wire: test_update.py; ../test_keeper.py
    26                      wire: test_hostile_eagi.py
    31                      here; wire: test_hang_ups.py
    32, 33                  ../scenarios/silences.txt; wire: test_odd_callers.py
    35-37                   wire: test_odd_callers.py
    42, 45                  ../test_record.py; wire: test_record_in_trouble.py
    44                      ../test_door.py; wire: test_record_in_trouble.py
"""

from pathlib import Path
from typing import Final

import pytest

from tests.runtime.orchestrator.faults.stage import play
from tests.runtime.orchestrator.scenarios.language import Scenario, read
from tests.runtime.orchestrator.scenarios.virtual_time import run_in_virtual_time

ROWS: Final = [pytest.param(scenario, id=scenario.name) for scenario in read(Path(__file__).with_name("rows.txt"))]


@pytest.mark.parametrize("scenario", ROWS)
def test_fault_row(scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller hears, and when."""
    run_in_virtual_time(lambda: play(scenario, tmp_path), monkeypatch)
