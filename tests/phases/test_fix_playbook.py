"""The real playbook of `doctor --fix`, with real Ansible: it changes what is not so yet, and nothing twice."""

import os
from pathlib import Path

import pytest

from tests.phases.fakes import Notes
from voicectl.doctor.fixes import Tuning
from voicectl.errors import ProvisionError
from voicectl.phases.interrupt import Interrupts
from voicectl.runner import AnsiblePlayer

_SWAPPINESS = Path("/proc/sys/vm/swappiness")


def play(playbook: str, variables: dict[str, object], work: Path) -> tuple[str, ...]:
    with Interrupts("voicectl doctor --fix") as interrupts:
        return AnsiblePlayer(interrupts, Notes()).play(playbook, variables, work)


_AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="it hands files to root: run the tests as root")


@_AS_ROOT
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
        return play(
            "fix.yml", {**tuning.variables(), "voicectl_prefix": "/opt/a", "tuning_kernel_file": str(kept)}, work
        )

    assert len(fix("first")) == 3
    assert password.stat().st_mode & 0o777 == 0o600
    assert kept.read_text(encoding="utf-8") == f"# for /opt/a\nvm.swappiness = {value}\n"
    assert fix("second") == ()


@_AS_ROOT
def test_the_last_agent_takes_the_settings_along(tmp_path: Path) -> None:
    """While another agent of the machine counts on them they stay."""
    kept = tmp_path / "60-voicectl.conf"
    kept.write_text("# for /opt/a\n# for /opt/b\nvm.swappiness = 1\n", encoding="utf-8")

    def remove(name: str) -> None:
        prefix = tmp_path / name
        (prefix / "deploy").mkdir(parents=True)
        (prefix / "deploy/lock").touch()
        text = kept.read_text(encoding="utf-8").replace(f"/opt/{name}\n", f"{prefix}\n")
        kept.write_text(text, encoding="utf-8")
        work = tmp_path / f"work-{name}"
        work.mkdir()
        places = {
            "voicectl_prefix": str(prefix),
            "voicectl_store": str(prefix / "store"),
            "voicectl_chunks": f"{prefix}/c",
        }
        play("remove.yml", {**places, "tuning_kernel_file": str(kept)}, work)
        assert not prefix.exists()

    remove("a")
    assert kept.read_text(encoding="utf-8") == "# for /opt/b\nvm.swappiness = 1\n"
    remove("b")
    assert not kept.exists()


@_AS_ROOT
def test_a_kernel_that_refuses_keeps_no_phone_from_being_answered(tmp_path: Path) -> None:
    """Deploy plays the role of `--fix`, says what could not be done, and goes on; `--fix` itself fails."""
    variables = {
        **Tuning(kernel={"net.no.such.setting": "1"}).variables(),
        "voicectl_prefix": "/opt/a",
        "tuning_kernel_file": str(tmp_path / "kept"),
    }
    with pytest.raises(ProvisionError, match="See what the kernel has"):
        play("fix.yml", variables, tmp_path)
