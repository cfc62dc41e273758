"""Renders every file of one agent."""

import json
from collections.abc import Mapping
from hashlib import sha1
from typing import Any, Final

from voicectl.catalogue.model import Model
from voicectl.config.find import read_regular_file
from voicectl.config.sections import Config
from voicectl.config.source import Source
from voicectl.errors import RenderError
from voicectl.paths import RUNTIME
from voicectl.planner.plan import Plan
from voicectl.render.asterisk import Asterisk
from voicectl.render.exchange import Exchange, root_of
from voicectl.render.places import places_of
from voicectl.render.rendered import Rendered
from voicectl.render.services import Service, services
from voicectl.render.settings import settings_of
from voicectl.render.template import fill

_ASTERISK_FILES: Final = (
    "acl",
    "asterisk",
    "ccss",
    "cdr",
    "cel",
    "cel_custom",
    "extensions",
    "features",
    "indications",
    "logger",
    "manager",
    "modules",
    "pjproject",
    "pjsip",
    "rtp",
    "stasis",
    "udptl",
)
_WITH_PASSWORDS: Final = frozenset({"pjsip"})
# A call is two sockets and its bridge's pipes in Asterisk, and the handed descriptors and a few files in the
# orchestrator: about ten each, with room for the engines' connections.
_OPEN_FILES_A_CALL: Final = 32
_OPEN_FILES_AT_LEAST: Final = 4096
_SHIPPED_SCRIPT: Final = RUNTIME / "voicectl_runtime" / "orchestrator" / "script" / "dental_clinic.toml"


def render(
    config: Config,
    plan: Plan,
    secrets: Mapping[str, str],
    models: Mapping[str, Model],
    exchange: Exchange = Exchange(),  # noqa: B008 - frozen, so shared safely
) -> dict[str, Rendered]:
    """Every file that deploy puts under the prefix, by its path there.

    Args:
        config: the operator's wishes.
        plan: which engines answer.
        secrets: passwords by the names of their files: `phone`, `supervisor`, `person-KEY`.
        models: the catalogue.
        exchange: how Asterisk comes onto the machine.

    Raises:
        RenderError: a file would not mean what it should.
    """
    places = places_of(config)
    asterisk = Asterisk(config, secrets, root_of(exchange, places.asterisk_root))
    values = {"config": config, "places": places, "asterisk": asterisk}
    files = {
        "etc/settings.json": Rendered(_json(settings_of(config, plan, models))),
        "etc/script.toml": Rendered(_script(config)),
        **{f"etc/asterisk/{name}.conf": _asterisk_file(name, values) for name in _ASTERISK_FILES},
        "bin/asterisk": Rendered(fill("bin/asterisk", values), mode=0o755),
        "bin/eagi-bridge": Rendered((RUNTIME / "voicectl_runtime/bridge.py").read_text(encoding="utf-8"), mode=0o755),
    }
    running = services(config, plan, models, files)
    return {**files, "etc/supervisord.conf": _supervisor_file(config, running, secrets)}


def _asterisk_file(name: str, values: Mapping[str, Any]) -> Rendered:
    text = fill(f"asterisk/{name}.conf", values)
    if name in _WITH_PASSWORDS:
        return Rendered(text, mode=0o640, group="pbx", secret=True)
    return Rendered(text)


def _supervisor_file(config: Config, running: tuple[Service, ...], secrets: Mapping[str, str]) -> Rendered:
    # Supervisor knows no stronger hash; the password has 128 random bits, so nobody gets it back from this one.
    digest = sha1(secrets["supervisor"].encode()).hexdigest()  # noqa: S324
    values = {
        "config": config,
        "places": places_of(config),
        "services": running,
        "open_files": max(_OPEN_FILES_AT_LEAST, _OPEN_FILES_A_CALL * config.calls.most),
        "web_password": f"{{SHA}}{digest}",
    }
    return Rendered(fill("supervisor/supervisord.conf", values), mode=0o600, secret=True)


def _json(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if json.loads(text) != document:
        raise RenderError(
            "E303",
            "etc/settings.json",
            "it would not be read as it is meant",
            fix="report this: it is a mistake in voicectl",
        )
    return text


def _script(config: Config) -> str:
    path = config.agent.script or _SHIPPED_SCRIPT
    text = read_regular_file(path, fix="name a dialogue script in agent.script, or leave it out for the shipped one")
    Source(str(path), text).parse()
    return text
