"""Gathers the facts of another machine over the connection that deploys: Ansible and SSH."""

import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from voicectl.config.find import LARGEST_BYTES
from voicectl.documents import DocumentError
from voicectl.errors import MachineError, ProvisionError
from voicectl.hardware.facts import Facts, facts_from_dict
from voicectl.hardware.facts_file import parse_document
from voicectl.paths import PACKAGE
from voicectl.runner import Reader

_PARTS: Final = ("__init__.py", "documents.py", "errors.py", "paths.py", "config", "catalogue", "hardware")
"""What gathering imports of this package; a test runs it with nothing else."""
_SCHEMA_KEY: Final = '{"schema"'
# Understood by every Python, the one that is too old among them, which must be able to say so.
_MAIN: Final = """import sys
if sys.version_info < (3, 11):
    sys.exit("this machine's Python is %d.%d; 3.11 or later is needed" % sys.version_info[:2])
import shutil, tempfile, zipfile
folder = tempfile.mkdtemp(prefix="voicectl-")
try:
    zipfile.ZipFile(sys.argv[0]).extractall(folder)
    sys.path.insert(0, folder)
    from pathlib import Path
    from voicectl.hardware.elsewhere import main
    main(Path(folder))
finally:
    shutil.rmtree(folder, ignore_errors=True)
"""


def gather_elsewhere(host: str, config_text: str, reader: Reader, *, read_speed: bool = False) -> Facts:
    """Ask the machine behind `reader`.

    Args:
        host: its name, for errors.
        config_text: the operator's voicectl.toml; empty for the defaults.
        reader: plays the playbook on that machine and gives what it printed.
        read_speed: also measure its disk.

    Raises:
        MachineError: E403, it cannot be reached, has no fitting Python, or did not answer with facts.
    """
    with TemporaryDirectory(prefix="voicectl-") as work:
        program = Path(work) / "gatherer.pyz"
        pack(program, config_text, read_speed=read_speed)
        try:
            printed = reader.read("gather.yml", {"voicectl_gatherer": str(program)}, Path(work))
        except ProvisionError as error:
            problem = error.problem.removeprefix("Task failed: ").rstrip(".")
            raise _unreachable(host, problem) from error
    return _facts_in(printed, host)


def pack(program: Path, config_text: str, *, read_speed: bool = False) -> None:
    """Write one file that any Python from 3.11 on can run: our code, pynvml, and the configuration."""
    with zipfile.ZipFile(program, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", _MAIN)
        archive.writestr("voicectl.toml", config_text)
        if read_speed:
            archive.writestr("read-speed", "")
        for path in _files():
            archive.write(path, path.relative_to(PACKAGE.parent))
        nvml = find_spec("pynvml")
        assert nvml is not None and nvml.origin is not None  # noqa: S101, PT018 - it is a dependency of ours
        archive.write(nvml.origin, "pynvml.py")


def _files() -> Iterator[Path]:
    for part in _PARTS:
        place = PACKAGE / part
        found = (path for path in place.rglob("*") if path.suffix in {".py", ".toml"}) if place.is_dir() else (place,)
        yield from sorted(found)


def _facts_in(printed: str, host: str) -> Facts:
    """SSH mixes what the machine's programs complain about into what they print; the facts are one line of it."""
    line = next((line for line in printed.splitlines() if line.startswith(_SCHEMA_KEY)), None)
    if line is None or len(line) > LARGEST_BYTES:
        raise _unreachable(host, "it did not answer with facts")
    try:
        return facts_from_dict(parse_document(line))
    except DocumentError as error:
        raise _unreachable(host, f"its answer cannot be read ({error})") from error


def _unreachable(host: str, problem: str) -> MachineError:
    return MachineError(
        "E403", host, problem, fix=f"see that `ssh {host} python3 --version` answers without a question"
    )
