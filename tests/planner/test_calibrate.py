"""Measured figures in the place of estimates: exact where they were taken, and of no account anywhere else."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.machines.machine import change, machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.hardware.facts import Facts
from voicectl.planner.calibrate import carried_calls
from voicectl.planner.measured import Cell, Measured, Probe, Setup, cell_of, measured_text, read_measured
from voicectl.planner.plan import Plan, make_plan

VM = machine("bare_vm")
CPU: Any = VM.cpu
SETUP = Setup(CPU.model, CPU.cores, "whisper-tiny.en", "piper-en_US-joe-medium", None, 200)
DOCUMENT: dict[str, Any] = {
    "schema": "voicectl.bench/1",
    "ok": True,
    "at": "2026-11-24T03:00:00+00:00",
    "machine": {"cpu": CPU.model, "cores": CPU.cores},
    "agent": {"stt": "whisper-tiny.en", "tts": "piper-en_US-joe-medium", "llm": None, "stop_ms": 200},
    "calls": {"placed": 1, "answered": 1, "refused": []},
    "turns": {"asked": 40, "measured": 39, "lost": 1},
    "voice_to_voice_ms": {"n": 39, "p50": 243.4, "p95": 522.5, "p99": 524.0, "max": 524.6},
    "stages_ms": {name: {"p50": 1.5} for name in ("endpoint", "recognise", "answer", "speech", "wire")},
}


def cell(calls: int = 1, p95: float = 500.0, lost: int = 0) -> Cell:
    return Cell(SETUP, calls, 40, lost, 243.4, p95, 229.0, 0.0, 0.0, 10.0, 0.7, "now")


def plan_of(measured: Measured, facts: Facts = VM) -> Plan:
    return make_plan(parse_config(""), facts, load_models(), measured=measured)


def test_the_prediction_is_exact_after_a_benchmark() -> None:
    """And the plan says how far the estimate was off."""
    before, after = plan_of(Measured()), plan_of(Measured((cell(),)))

    assert after.latency_ms.voice_to_voice.p50 == 243.4
    assert after.latency_ms.voice_to_voice.confidence == "measured"
    (p50, _) = after.calibration
    assert (p50.estimated, p50.measured) == (before.latency_ms.voice_to_voice.p50, 243.4)
    assert p50.off_percent == pytest.approx((p50.estimated / 243.4 - 1) * 100, abs=0.1)
    assert before.calibration == ()


def test_calls_are_those_that_were_carried() -> None:
    """Twelve were, sixteen were not."""
    plan = plan_of(Measured((cell(1), cell(4), cell(12, 745.0), cell(16, 900.0))))

    assert plan.calls.max == 12
    assert plan.limits[0].basis == "measured"
    assert "12 calls were carried, 16 were not" in plan.limits[0].why


def test_an_estimate_stands_until_something_failed() -> None:
    """That four calls were carried does not say that five are not; that thirty were does."""
    estimated = plan_of(Measured()).calls.max

    assert plan_of(Measured((cell(1), cell(4)))).calls.max == estimated
    more = plan_of(Measured((cell(1), cell(24))))
    assert more.calls.max == 24


@pytest.mark.parametrize(
    ("cells", "carried"),
    [
        ((), (0, None)),
        ((cell(1),), (1, None)),
        ((cell(1), cell(8, 749)), (8, None)),
        ((cell(1), cell(8, 751)), (1, 8)),
        ((cell(1), cell(4, lost=5), cell(8)), (1, 4)),
    ],
)
def test_carried_means_no_slower_tail_and_no_lost_turns(cells: tuple[Cell, ...], carried: tuple[int, Any]) -> None:
    """The slowest twentieth waits at most half as long again, and nine of ten turns are answered."""
    assert carried_calls(cells) == carried


def test_another_machine_or_other_engines_are_not_calibrated() -> None:
    """A copied file says nothing about them."""
    other = replace(VM, cpu=change(VM.cpu, cores=8))

    assert plan_of(Measured((cell(),)), other).calibration == ()
    elsewhere = replace(cell(), setup=replace(SETUP, stop_ms=300))
    assert plan_of(Measured((elsewhere,))).calibration == ()


def test_a_probe_replaces_the_catalogues_speed() -> None:
    """A processor of half the speed carries fewer calls."""
    slow = Probe(CPU.model, CPU.cores, SETUP.stt, SETUP.tts, None, 240.0, 124.0, 0.0, 0.0)
    probed, guessed = plan_of(Measured(probes=(slow,))), plan_of(Measured())

    assert probed.latency_ms.recognise.work_ms == 240.0
    assert probed.latency_ms.recognise.basis == "measured"
    assert probed.calls.max < guessed.calls.max
    assert [one.what for one in probed.calibration] == [
        "recognition of a sentence, ms",
        "first sound of a new sentence, ms",
    ]


def test_a_benchmark_becomes_a_cell_and_survives_the_file(tmp_path: Path) -> None:
    """The newest of each number of calls."""
    found = cell_of(DOCUMENT)
    assert found is not None
    kept = Measured().with_cell(cell()).with_cell(found)
    (tmp_path / "m.json").write_text(measured_text(kept), encoding="utf-8")

    assert kept.cells == (found,)
    assert found.setup == SETUP
    assert read_measured(tmp_path / "m.json", print) == kept


@pytest.mark.parametrize(
    ("by_script", "by_model", "answered_by"), [(5, 3, "script"), (3, 5, "model"), (4, 3, None), (0, 0, None)]
)
def test_a_benchmark_is_of_who_answered_half(by_script: int, by_model: int, answered_by: str | None) -> None:
    """What was answered by neither says nothing of a plan's figures."""
    found = cell_of({**DOCUMENT, "sources": {"script": by_script, "model": by_model, "unknown": 2}})
    assert (found and found.answered_by) == answered_by


def test_the_models_answers_are_exact_after_a_benchmark_of_them() -> None:
    """And those of the script stay what they were."""
    config = parse_config('agent.profile = "cpu"\nagent.language_model = true\n')
    before = make_plan(config, VM, load_models())
    (llm,) = (one.model for one in before.components if one.service == "llm-service")
    found = replace(cell(), setup=replace(SETUP, llm=llm), p50=930.0, answered_by="model")
    after = make_plan(config, VM, load_models(), measured=Measured((found,)))

    assert before.model_latency_ms is not None
    assert after.model_latency_ms is not None
    assert after.model_latency_ms.voice_to_voice.p50 == 930.0
    assert after.latency_ms == before.latency_ms
    assert [one.what for one in after.calibration if one.measured == 930.0] == [
        "the model's answers, voice to voice with 1 call, p50, ms"
    ]


@pytest.mark.parametrize("missing", ["machine", "agent", "voice_to_voice_ms", "stages_ms", "calls"])
def test_a_benchmark_without_figures_is_no_cell(missing: str) -> None:
    """Nothing is made up."""
    assert cell_of({key: value for key, value in DOCUMENT.items() if key != missing}) is None
    assert cell_of({**DOCUMENT, missing: None}) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("[]", "no document of voicectl.measured/1"),
        ('{"schema": "voicectl.measured/0"}', "no document of voicectl.measured/1"),
        ('{"schema": "voicectl.measured/1", "cells": 3}', "measured.cells: expected"),
        ("[" * 100_000, "recursion"),
        (" " * 1_100_000, "larger than"),
    ],
)
def test_a_file_that_is_not_whole_is_no_measurement(text: str, why: str, tmp_path: Path) -> None:
    """Measuring again is cheap; refusing to plan is not. The operator learns that the figures do not count."""
    (tmp_path / "m.json").write_text(text, encoding="utf-8")

    told: list[str] = []
    assert read_measured(tmp_path / "m.json", told.append) == Measured()
    assert len(told) == 1
    assert f"{tmp_path / 'm.json'} is ignored, and with it what was measured here: " in told[0]
    assert why in told[0]


def test_what_can_be_no_file_of_figures_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes into, a device without an end, a folder, a link to nothing."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "link").symlink_to("nowhere")

    told: list[str] = []
    for name in ("pipe", "folder", "device", "link", "none"):
        assert read_measured(tmp_path / name, told.append) == Measured()
    assert [line.partition("here: ")[2] for line in told] == [*["not a regular file."] * 3, "no such file."]


def test_a_file_without_figures_is_whole() -> None:
    """Nothing measured is no mistake."""
    assert json.loads(measured_text(Measured()))["schema"] == "voicectl.measured/1"
