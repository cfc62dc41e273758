"""What `render` hands to deploy: complete, readable by whom it is meant for, and understood by the runtime."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.render.agents import CASES, case, plan_of, rendered, secrets_of, services_of
from voicectl.config.load import parse_config
from voicectl.errors import RenderError, VoicectlError
from voicectl.paths import RUNTIME
from voicectl.render.asterisk_file import read_asterisk
from voicectl.render.exchange import Exchange
from voicectl.render.files import render
from voicectl_runtime.settings import read_settings

ALL = pytest.mark.parametrize("name", CASES)


@ALL
def test_the_runtime_reads_its_settings(name: str, tmp_path: Path) -> None:
    """Every key that the runtime wants is there, of the right type, and no other."""
    config = case(name)
    path = tmp_path / "settings.json"
    path.write_text(rendered(config)["etc/settings.json"].text, encoding="utf-8")

    settings = read_settings(path)

    assert settings.agent.greeting == config.agent.first_words
    assert settings.calls.most == config.calls.most
    assert settings.paths.prefix == config.deploy.prefix
    assert (settings.llm is not None) == config.agent.language_model
    assert [person.key for person in settings.people] == [person.key for person in config.people]
    assert bool(settings.agent.disclosure) == config.agent.disclosure
    assert settings.matcher.model_file.parent.parent == config.deploy.store / "models"


@ALL
def test_passwords_stand_only_where_few_can_read(name: str) -> None:
    """A file with a password in it is marked as secret, and is not for everybody."""
    config = case(name)
    files = rendered(config)

    for file in files.values():
        holds_one = any(password in file.text for password in secrets_of(config).values())
        assert not holds_one or (file.secret and not stat.S_IMODE(file.mode) & stat.S_IRWXO)
    assert files["etc/asterisk/pjsip.conf"].group == "pbx"
    assert files["etc/supervisord.conf"].mode == 0o600


def test_the_web_interface_listens_on_loopback_and_keeps_only_a_hash() -> None:
    """The password itself stands in the secrets folder alone."""
    text = rendered(case("embedded"))["etc/supervisord.conf"].text

    assert "port = 127.0.0.1:9001" in text
    assert "password = {SHA}" in text
    assert "password-of-supervisor" not in text


@ALL
def test_every_file_says_where_it_comes_from(name: str) -> None:
    """Whoever opens a file in an editor learns at once where to change it; no time stamp, so that nothing differs."""
    for path, file in rendered(case(name)).items():
        if path.endswith(".conf") or path == "bin/asterisk":
            assert "Managed by voicectl. Edit voicectl.toml and run `voicectl deploy`." in file.text
            assert file.text.endswith("\n")


@ALL
def test_rendering_twice_gives_the_same(name: str) -> None:
    """A second deployment has nothing to do."""
    assert rendered(case(name)) == rendered(case(name))


def test_the_bridge_is_the_runtime_s() -> None:
    """Asterisk starts the very file that the runtime's tests test, and it says which interpreter it needs."""
    bridge = rendered(case("embedded"))["bin/eagi-bridge"]

    assert bridge.text == (RUNTIME / "voicectl_runtime/bridge.py").read_text(encoding="utf-8")
    assert bridge.text.startswith("#!/usr/bin/python3 -ISE\n")
    assert bridge.mode == 0o755


def test_the_operator_s_own_script_is_taken(tmp_path: Path) -> None:
    """A script beside the configuration comes with it, as it is."""
    (tmp_path / "mine.toml").write_text("# mine\n", encoding="utf-8")
    config = parse_config('agent.script = "mine.toml"', tmp_path / "voicectl.toml")

    assert rendered(config)["etc/script.toml"].text == "# mine\n"


@pytest.mark.parametrize(
    ("lay", "says"),
    [
        (lambda _: None, "E102 .*mine.toml: no such file"),
        (Path.mkdir, "E103 .*mine.toml: not a regular file"),
        (os.mkfifo, "E103 .*mine.toml: not a regular file"),
        (lambda file: file.write_bytes(bytes(2 << 20)), "E103 .*mine.toml: larger than"),
        (lambda file: file.write_bytes(b'a = 1\nb = "\xff"'), "E201 .*mine.toml:2: not UTF-8"),
        (lambda file: file.write_text("a = 1\nnot toml"), "E201 .*mine.toml:2: not TOML"),
        (lambda file: file.write_text("a = 1\n[a]\n"), "E201 .*mine.toml:2: something that is already set"),
        (lambda file: file.write_text("a." * 100_000 + "a = 1"), "E201 .*mine.toml:1: more than 200 dots"),
    ],
)
def test_a_script_that_cannot_be_read_is_refused(tmp_path: Path, lay: Callable[[Path], object], says: str) -> None:
    """Naming the file and the line, before anything is written; a FIFO is not waited on."""
    lay(tmp_path / "mine.toml")
    config = parse_config('agent.script = "mine.toml"', tmp_path / "voicectl.toml")

    with pytest.raises(VoicectlError, match=says):
        rendered(config)


def test_a_script_from_windows_is_taken(tmp_path: Path) -> None:
    """Without the byte order mark, at which the orchestrator would stop."""
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    config = parse_config('agent.script = "mine.toml"', tmp_path / "voicectl.toml")

    assert rendered(config)["etc/script.toml"].text == "a = 1\n"


def test_a_plan_without_an_engine_is_refused() -> None:
    """E301: an old plan, or a catalogue that lacks its models."""
    config = case("embedded")

    with pytest.raises(RenderError, match=r"E301 the plan: .*stt"):
        render(config, plan_of(config), secrets_of(config), {})


def test_a_packaged_asterisk_finds_its_own_modules() -> None:
    """Where the distribution has a package, neither loader nor module folder is named."""
    files = rendered(case("embedded"), Exchange(packaged=True))

    assert "exec /usr/sbin/asterisk -C /opt/voicectl/etc/asterisk/asterisk.conf" in files["bin/asterisk"].text
    assert "astmoddir" not in files["etc/asterisk/asterisk.conf"].text


def test_an_unknown_architecture_is_refused() -> None:
    """E301 instead of a loader that is not there."""
    with pytest.raises(RenderError, match=r"E301 .*riscv64"):
        rendered(case("embedded"), Exchange(architecture="riscv64"))


def test_asterisk_loads_what_is_listed_and_nothing_else() -> None:
    """No autoload; no manager, no voice mail, no messages, no presence, no anonymous callers."""
    lines = read_asterisk(rendered(case("trunk_and_people"))["etc/asterisk/modules.conf"].text)
    loaded = {value for _, key, value in lines if key == "load"}

    assert ("modules", "autoload", "no") in lines
    assert not {name for name in loaded if any(word in name for word in ("mwi", "anonymous", "messaging", "manager"))}
    assert "res_pjsip_endpoint_identifier_ip.so" in loaded


def test_without_a_trunk_nobody_is_known_by_address() -> None:
    """Only accounts with a password can call."""
    files = rendered(case("embedded"))

    assert "res_pjsip_endpoint_identifier_ip" not in files["etc/asterisk/modules.conf"].text
    assert "type = identify" not in files["etc/asterisk/pjsip.conf"].text
    assert "endpoint_identifier_order = username\n" in files["etc/asterisk/pjsip.conf"].text


@ALL
def test_every_service_has_its_section(name: str) -> None:
    """Supervisor runs exactly the services of the list, each with the digest that restarts it."""
    config = case(name)
    text = rendered(config)["etc/supervisord.conf"].text

    sections = [line for line in text.splitlines() if line.startswith("[program:")]
    assert sections == [f"[program:{service.name}]" for service in services_of(config)]
    for service in services_of(config):
        assert f'VOICECTL_DIGEST="{service.digest}"' in text


def test_settings_keep_every_character() -> None:
    """What the operator wrote is what the runtime hears: JSON needs no refusals."""
    config = parse_config('[agent]\nbusiness = "Zoë\'s \\"Café\\"; 100 % [x] ${y} {{ z }}"\n')

    assert json.loads(rendered(config)["etc/settings.json"].text)["agent"]["business"] == config.agent.business
