"""What deploy takes for its plan, and what it refuses before anything is rendered."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.machines.machine import machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.errors import InfeasibleError, StalePlanError, VoicectlError
from voicectl.phases.read_plan import read_or_make_plan
from voicectl.planner.document import write_plan
from voicectl.planner.plan import make_plan
from voicectl.planner.wishes import Wishes

CONFIG, MODELS, VM = parse_config(""), load_models(), machine("bare_vm")


def test_a_plan_with_pins_is_fresh_where_it_was_made(tmp_path: Path) -> None:
    """The pins stand in the plan, so deploy plans with the same."""
    file = tmp_path / "plan.json"
    pinned = make_plan(CONFIG, VM, MODELS, wishes=Wishes(profile="cpu", calls=2, context_tokens=1024))
    write_plan(pinned, file)

    assert read_or_make_plan(CONFIG, MODELS, VM, file).plan == pinned
    with pytest.raises(StalePlanError, match="GPUs was none and is"):
        read_or_make_plan(CONFIG, MODELS, machine("gpu_box"), file)


@pytest.mark.parametrize(
    ("lay", "says"),
    [
        (Path.mkdir, "E103 .*plan.json: not a regular file"),
        (os.mkfifo, "E103 .*plan.json: not a regular file"),
        (lambda file: file.symlink_to("nowhere"), "E102 .*plan.json: no such file"),
        (lambda file: file.symlink_to(file), "E104 .*plan.json: cannot be read"),
        (lambda file: file.write_bytes(bytes(2 << 20)), "E103 .*plan.json: larger than"),
        (lambda file: file.write_text("{}"), "E415 .*plan.json: it is not a voicectl.plan/1 document"),
    ],
)
def test_what_is_no_plan_is_not_passed_over(lay: Callable[[Path], object], says: str, tmp_path: Path) -> None:
    """Another plan in its place would deploy what the operator never saw."""
    file = tmp_path / "plan.json"
    lay(file)

    with pytest.raises(VoicectlError, match=says):
        read_or_make_plan(CONFIG, MODELS, VM, file)


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        (Wishes(profile="gpu"), "E455 profile gpu: deploy cannot install it yet"),
        (Wishes(stt="whisper-small"), "E455 model whisper-small: deploy cannot fetch it"),
        (Wishes(tts="espeak-ng"), "E455 model espeak-ng"),
    ],
)
def test_what_cannot_be_installed_is_refused_by_name(wishes: Wishes, says: str, tmp_path: Path) -> None:
    """Exit 11; planning ahead of what can be deployed is no promise."""
    file, facts = tmp_path / "plan.json", machine("gpu_box" if wishes.profile else "bare_vm")
    write_plan(make_plan(CONFIG, facts, MODELS, wishes=wishes), file)

    with pytest.raises(InfeasibleError, match=says):
        read_or_make_plan(CONFIG, MODELS, facts, file)
