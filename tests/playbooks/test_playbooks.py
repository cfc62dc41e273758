"""The playbooks as text: what they promise without a machine."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from voicectl.paths import PLAYBOOKS

ROLES = sorted(path for path in (PLAYBOOKS / "roles").iterdir() if path.is_dir())
TASK_FILES = sorted((*PLAYBOOKS.glob("*.yml"), *PLAYBOOKS.glob("roles/*/tasks/*.yml")))
PROGRAMS = Path(sys.executable).parent


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(PLAYBOOKS))


@pytest.mark.parametrize("playbook", ["site.yml", "stop.yml", "remove.yml", "gather.yml", "fix.yml"])
def test_ansible_can_read_it(playbook: str, tmp_path: Path) -> None:
    """Every playbook and every role that it names is understood by Ansible."""
    done = subprocess.run(
        [PROGRAMS / "ansible-playbook", "--syntax-check", PLAYBOOKS / playbook, "-i", "agent,"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path), "ANSIBLE_HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr


def test_linter_has_nothing_to_say(tmp_path: Path) -> None:
    """The playbooks meet the rules for production."""
    done = subprocess.run(
        [PROGRAMS / "ansible-lint", "--offline", "--profile", "production", "-q", "--nocolor"],
        capture_output=True,
        text=True,
        check=False,
        cwd=PLAYBOOKS,
        env={
            "PATH": f"{PROGRAMS}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(tmp_path),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TASK_FILES, ids=name_of)
def test_nothing_is_rendered_twice(path: Path) -> None:
    """Files are rendered by voicectl, so that there is one preview; playbooks only copy."""
    assert "template:" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TASK_FILES, ids=name_of)
def test_task_files_stay_small(path: Path) -> None:
    """A task file is read on one or two screens."""
    assert path.read_text(encoding="utf-8").count("\n") <= 100


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_variable_is_described(role: Path) -> None:
    """A role's defaults are all typed and described, and carry the role's name."""
    described = read(role / "meta/argument_specs.yml")["argument_specs"]
    options = {name: spec for entry in described.values() for name, spec in entry.get("options", {}).items()}
    defaults = role / "defaults/main.yml"
    names = set(read(defaults) or {}) if defaults.exists() else set()

    assert names <= set(options)
    assert all(name.startswith(f"{role.name}_") for name in options)
    assert all(spec["type"] and spec["description"] for spec in options.values())


@pytest.mark.parametrize("script", sorted(PLAYBOOKS.glob("roles/*/files/*.sh")), ids=name_of)
def test_scripts_are_strict(script: Path) -> None:
    """Every script stops at its first failure, and Bash can read it."""
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    subprocess.run(["bash", "-n", script], check=True)
