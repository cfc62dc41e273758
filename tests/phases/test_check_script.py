"""A script that the orchestrator would not start with is refused before anything is changed."""

import re
from pathlib import Path

import pytest

from tests.runtime.script.test_load import SMALL
from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.errors import ConfigError
from voicectl.phases.check_script import check_script

NUMBER = '[answers.number]\nquestions = ["my order"]\nsay = "Type it."\naction = "digits"\nlook_up = "orders"\n'
ORDERS = '[look_ups.orders]\npurpose = "x"\nurl = "http://10.0.0.1/"\narguments = ["digits"]\n'


def config(tmp_path: Path, script: str, more: str = "") -> Config:
    (tmp_path / "a script.toml").write_text(script, encoding="utf-8")
    return parse_config(f'agent.script = "a script.toml"\n{more}', tmp_path / "voicectl.toml")


def test_a_script_that_works_is_let_through(tmp_path: Path) -> None:
    """So is the shipped one, and one that asks a look-up of the configuration."""
    check_script(parse_config(""))
    check_script(config(tmp_path, SMALL))
    check_script(config(tmp_path, SMALL + NUMBER, ORDERS))


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("", "a script.toml:1: answers: is missing. Fix: correct the script"),
        (SMALL.replace("say = ", "sya = ", 1), "a script.toml:15: answers.hours.sya: is not known; did you mean say?"),
        (SMALL.replace('"From eight', '"{nmae}: From eight'), "a script.toml:15: answers.hours.say: {nmae} is not one"),
        (SMALL + NUMBER, "answers.number.look_up: 'orders' is no section of [look_ups] in voicectl.toml"),
    ],
)
def test_a_script_that_cannot_work_is_one_line(tmp_path: Path, script: str, says: str) -> None:
    """File, line and key, as the orchestrator itself would say it."""
    with pytest.raises(ConfigError, match=re.escape(says)) as refused:
        check_script(config(tmp_path, script))

    assert str(refused.value).startswith(f"E231 {tmp_path}/a script.toml:")


def test_the_operators_python_settings_are_not_the_runtimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of theirs in PYTHONPATH must not take the place of ours."""
    (tmp_path / "voicectl_runtime").mkdir()
    (tmp_path / "voicectl_runtime/__init__.py").write_text("raise SystemExit('theirs')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    check_script(config(tmp_path, SMALL))
