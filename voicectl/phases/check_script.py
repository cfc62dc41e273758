"""Has the runtime read the operator's script before anything is changed, not minutes later at its start."""

import subprocess
import sys
from typing import Final

from voicectl.config.sections import Config
from voicectl.errors import ConfigError
from voicectl.paths import RUNTIME

_READER: Final = "voicectl_runtime.orchestrator.script"
_LONGEST_S: Final = 30


def check_script(config: Config) -> None:
    """Refuse a script that the orchestrator would not start with.

    Raises:
        ConfigError: E231, with the file, the line and the key.
    """
    script = config.agent.script
    if script is None:
        return
    look_ups = [one.name for one in config.look_ups if one.arguments == ("digits",)]  # as the orchestrator counts them
    argv = [sys.executable, "-m", _READER, str(script), *look_ups]
    # No other variable: PYTHONSTARTUP and the like are the operator's, not the runtime's.
    read = subprocess.run(
        argv, cwd="/", env={"PYTHONPATH": str(RUNTIME)}, capture_output=True, text=True, timeout=_LONGEST_S, check=False
    )
    if read.returncode:
        said = read.stderr.strip().rpartition("\n")[2]
        place, _, problem = said.removeprefix(f"{script}:").partition(": ")
        raise ConfigError("E231", f"{script}:{place}", problem, fix="correct the script, then run the same command")
