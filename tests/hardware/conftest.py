"""The NVIDIA cards of many machines, behind the real pynvml: a library in C that reads them from a text file."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voicectl.documents import from_plain
from voicectl.hardware.gpu_facts import Gpus

_FOLDER = Path(__file__).parent / "nvml"
# NVML is loaded once a process, so each machine gets a process of its own.
_ASK = """
import json, sys
from pathlib import Path
from voicectl.documents import to_plain
from voicectl.hardware.gpus import Roots, read_gpus

root = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    found = read_gpus(Path("/opt/voicectl"), Roots(root / "sys", root / "proc", root / "dev"))
print(json.dumps(to_plain(found)))
"""

AskNvml = Callable[..., Gpus]


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled library."""
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler: apt-get install gcc libc6-dev")
    folder = tmp_path_factory.mktemp("nvml")
    flags = ("-shared", "-fPIC", "-Wall", "-Werror", "-o", str(folder / "libnvidia-ml.so.1"))
    subprocess.run(["gcc", *flags, str(_FOLDER / "fake_nvml.c")], check=True)
    return folder


@pytest.fixture
def ask_nvml(nvml_library: Path, tmp_path: Path) -> AskNvml:
    """What the reader makes of one machine of `machines.txt`; the kernel's folders lie in the test's own."""

    def _ask(machine: str, *, library: bool = True, times: int = 1) -> Gpus:
        env: dict[str, Any] = {
            **os.environ,
            "FAKE_NVML_FILE": str(_FOLDER / "machines.txt"),
            "FAKE_NVML_MACHINE": machine,
            "LD_LIBRARY_PATH": str(nvml_library) if library else "",
        }
        argv = [sys.executable, "-c", _ASK, str(tmp_path), str(times)]
        done = subprocess.run(argv, env=env, check=True, capture_output=True, text=True)
        found = from_plain(Gpus, json.loads(done.stdout), "gpus")
        assert isinstance(found, Gpus)
        return found

    return _ask
