"""The synthetic phone as a process: a document, an error, or a deadline."""

import sys
from pathlib import Path

import pytest

from voicectl.errors import CallError, MachineError
from voicectl.phases.call import place_call
from voicectl.render.places import Places


def phone(tmp_path: Path, program: str) -> Places:
    """An environment whose Python is this little program."""
    python = tmp_path / "store/venvs/orchestrator/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!{sys.executable}\nimport sys, json\n{program}\n", encoding="utf-8")
    python.chmod(0o755)
    return Places(tmp_path / "agent", tmp_path / "store")


def test_job_goes_in_and_document_comes_out(tmp_path: Path) -> None:
    """The phone reads the job on stdin, says what it does on stderr, and its document is the result."""
    places = phone(
        tmp_path, 'print("ringing", file=sys.stderr)\njob = json.load(sys.stdin)\nprint(json.dumps({"job": job}))'
    )
    said: list[str] = []

    assert place_call(places, {"calls": 1}, timeout_s=30, progress=said.append) == {"job": {"calls": 1}}
    assert said == ["ringing"]


def test_failed_call_is_a_document(tmp_path: Path) -> None:
    """A call that nobody answers ends with exit code 1 and a document, which is not an error of the phone."""
    places = phone(tmp_path, 'print(json.dumps({"ok": False}))\nsys.exit(1)')

    assert place_call(places, {}, timeout_s=30) == {"ok": False}


def test_a_password_of_roots_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not root learns what is missing, and not that nobody answers; no phone is started."""
    places = phone(tmp_path, "open('started', 'w')")

    def closed(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(MachineError, match=r"E450 .*/secrets/phone: .* root alone. Fix: .* sudo"):
        place_call(places, {}, timeout_s=30)


def test_phone_that_breaks(tmp_path: Path) -> None:
    """A phone without a document is an error with its last words."""
    places = phone(tmp_path, 'print("no voice", file=sys.stderr)\nsys.exit(3)')

    with pytest.raises(CallError, match=r"E520.*exit code 3 \(no voice\)"):
        place_call(places, {}, timeout_s=30)


def test_phone_that_never_ends_is_killed(tmp_path: Path) -> None:
    """The deadline ends the phone too, even one that ignores being asked."""
    mark = tmp_path / "pid"
    places = phone(
        tmp_path,
        f"import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)",
    )

    with pytest.raises(CallError, match="no result after 2 s"):
        place_call(places, {}, timeout_s=2)

    assert not Path(f"/proc/{mark.read_text(encoding='ascii')}").exists()


def test_nothing_deployed(tmp_path: Path) -> None:
    """Without an environment there is no phone, and the error names the command."""
    with pytest.raises(CallError, match="voicectl deploy"):
        place_call(Places(tmp_path, tmp_path), {}, timeout_s=1)
