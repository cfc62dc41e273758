"""The real playbook of `doctor --fix`, with real Ansible: it changes what is not so yet, and nothing twice."""

import os
from pathlib import Path

import pytest

from tests.phases.fakes import Notes
from voicectl.doctor.fixes import Tuning
from voicectl.phases.interrupt import Interrupts
from voicectl.runner import AnsiblePlayer

_SWAPPINESS = Path("/proc/sys/vm/swappiness")


@pytest.mark.skipif(os.geteuid() != 0, reason="it hands files to root: run the tests as root")
def test_what_is_so_already_is_left_alone(tmp_path: Path) -> None:
    """A kernel setting is kept for the next start, a password is taken out of reach; once."""
    password, kept = tmp_path / "phone", tmp_path / "60-voicectl.conf"
    password.write_text("x", encoding="utf-8")
    password.chmod(0o644)
    value = _SWAPPINESS.read_text(encoding="ascii").strip()  # what the kernel has already: tests change no machine
    tuning = Tuning(kernel={"vm.swappiness": value}, private_files=[str(password)])

    def fix(run: str) -> tuple[str, ...]:
        work = tmp_path / run
        work.mkdir()
        with Interrupts("voicectl doctor --fix") as interrupts:
            variables = {**tuning.variables(), "tuning_kernel_file": str(kept)}
            return AnsiblePlayer(interrupts, Notes()).play("fix.yml", variables, work)

    assert len(fix("first")) == 2
    assert password.stat().st_mode & 0o777 == 0o600
    assert kept.read_text(encoding="utf-8") == f"vm.swappiness = {value}\n"
    assert fix("second") == ()
