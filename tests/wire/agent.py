"""A deployed agent, operated as an operator would: through the command line."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LONGEST_COMMAND_S: Final = 2400
"""A first deployment installs Asterisk, the environments and the models, and for the cpu profile builds Ollama."""


@dataclass(frozen=True)
class Agent:
    """One deployed agent and the command line that operates it."""

    config: Path
    prefix: Path

    def run(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a voicectl command against this agent; its exit code must be the expected one."""
        done = subprocess.run(
            [Path(sys.executable).with_name("voicectl"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "VOICECTL_CONFIG": str(self.config), "CI": "true"},
            cwd=self.config.parent,
            timeout=LONGEST_COMMAND_S,
        )
        assert done.returncode == expect, f"{arguments}: exit {done.returncode}\n{done.stderr}\n{done.stdout}"
        return done

    def document(self, *arguments: str, expect: int = 0) -> Any:
        """The JSON document that a command prints."""
        return json.loads(self.run(*arguments, "--json", expect=expect).stdout)

    def asterisk(self, command: str) -> str:
        """What Asterisk's own console answers."""
        argv = [str(self.prefix / "bin" / "asterisk"), "-rx", command]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout
