"""What the Asterisk templates ask for, worked out beforehand: they only loop and choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from voicectl.config.sections import Config
from voicectl.render.exchange import Root

# In the order in which they are loaded: what others need comes first.
_MODULES: Final = (
    "res_timing_timerfd",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_registrar",
    "res_pjsip_authenticator_digest",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_nat",
    "res_pjsip_caller_id",
    "res_pjsip_diversion",
    "res_pjsip_rfc3326",
    "res_rtp_asterisk",
    "res_security_log",
    "res_pjsip_pubsub",  # chan_pjsip refuses to load without it; no event package is loaded that one could subscribe to
    "chan_pjsip",
    "bridge_simple",
    "codec_ulaw",
    "codec_alaw",
    "codec_g722",
    "codec_resample",  # where a caller in wideband is put through to a telephone that has none, or changes its codec
    "format_sln",
    "pbx_config",
    "res_speech",  # res_agi refuses to load without it
    "res_agi",
    "app_celgenuserevent",
    "app_dial",
    "app_exec",
    "app_playback",
    "app_verbose",
    "func_callerid",
    "func_channel",
    "func_groupcount",
    "func_lock",
    "func_strings",
    "res_cdrel_custom",  # cel_custom refuses to load without it
    "cel_custom",
)
# For each of these it takes Asterisk some milliseconds to say that all lines are busy.
_BEING_REFUSED: Final = 8


@dataclass(frozen=True)
class Phone:
    """An account with which a phone registers."""

    name: str
    context: str
    password: str
    most_contacts: int
    """How many programs may be registered under it at a time; a further one takes the place of the oldest."""


@dataclass(frozen=True)
class Callee:
    """A person, as the dialplan reaches them."""

    key: str
    extension: str
    device: str
    """What follows `PJSIP/` in Dial."""


@dataclass(frozen=True)
class Context:
    """What callers of one kind may dial."""

    name: str
    numbers: tuple[str, ...]
    """These reach the agent."""
    people: tuple[Callee, ...]
    """These ring at a person's."""


@dataclass(frozen=True)
class Asterisk:
    """Decisions that follow from the configuration."""

    config: Config
    secrets: Mapping[str, str]
    root: Root | None

    @property
    def modules(self) -> tuple[str, ...]:
        """All that is loaded."""
        return (*_MODULES, "res_pjsip_endpoint_identifier_ip") if self.has_trunk else _MODULES

    @property
    def most_callers(self) -> int:
        """How many are let in; where callers wait for their turn, as many wait at the most as talk."""
        calls = self.config.calls
        return calls.most * 2 if calls.when_full == "queue" else calls.most

    @property
    def most_calls(self) -> int:
        """Asterisk's own wall against a flood: beyond it callers get 503 without the dialplan being asked."""
        return self.most_callers + _BEING_REFUSED

    @property
    def has_trunk(self) -> bool:
        """Whether there is a telephone company."""
        return bool(self.config.trunk.address)

    @property
    def identifiers(self) -> str:
        """How a caller's endpoint is found."""
        return "ip,username" if self.has_trunk else "username"

    @property
    def trunk_networks(self) -> tuple[str, ...]:
        """From where the telephone company calls: its server, and what else the operator named."""
        trunk = self.config.trunk
        return tuple(dict.fromkeys((trunk.address, *trunk.networks)))

    @cached_property
    def people(self) -> tuple[Callee, ...]:
        """Everybody whom the agent may transfer to."""
        return tuple(
            Callee(person.key, person.extension, f"{person.number}@sip-trunk" if person.number else _device(person.key))
            for person in self.config.people
        )

    @property
    def phones(self) -> tuple[Phone, ...]:
        """The operator's own phone, and one for each person with an extension."""
        people = (_device(person.key) for person in self.people if person.extension)
        return (
            Phone(self.config.sip.username, "from-phone", self.secrets["phone"], most_contacts=5),
            # Dial rings one contact only, so there is but one: where the person registered last.
            *(Phone(name, "from-people", self.secrets[name], most_contacts=1) for name in people),
        )

    @property
    def contexts(self) -> tuple[Context, ...]:
        """Inside, people may call each other; from outside the agent alone is reached."""
        inside = tuple(person for person in self.people if person.extension)
        extension, number = self.config.sip.extension, self.config.trunk.number
        names = ("from-phone", "from-people") if inside else ("from-phone",)
        contexts = [Context(name, (extension,), inside) for name in names]
        if self.has_trunk:
            # Companies send the number with its plus sign or without.
            contexts.append(Context("from-trunk", (number, number.removeprefix("+")) if number else (extension,), ()))
        return tuple(contexts)


def _device(key: str) -> str:
    return f"person-{key}"
