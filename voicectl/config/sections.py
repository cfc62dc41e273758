"""The operator's wishes as frozen data: one dataclass a section of `voicectl.toml`, one rule an option.

The defaults stand in `reference.toml`, and nowhere else.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from voicectl.config import networks, numbers, rules

Port = Annotated[int, rules.between(1, 65535)]
Line = Annotated[str, rules.no_control_characters, rules.length(1, 80)]
PhoneNumber = Annotated[str, rules.or_empty(numbers.international)]


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Who answers the phone, and how."""

    name: Line
    business: Line
    language: Literal["en"]
    greeting: Annotated[str, rules.no_control_characters, rules.length(1, 500), rules.placeholders("name", "business")]
    disclosure: bool
    script: Annotated[Path | None, rules.no_control_characters]
    """None: the shipped dental clinic."""
    profile: Literal["auto", "embedded", "cpu", "gpu"]
    language_model: bool
    instructions: Annotated[str, rules.no_control_characters_but_line_breaks, rules.length(0, 8000)]
    commercial: bool
    accepted_licences: Annotated[tuple[Annotated[str, rules.no_control_characters], ...], rules.no_repeats]
    """Ids of the catalogue's licences."""

    @property
    def first_words(self) -> str:
        """The greeting as it is spoken."""
        return re.sub(r"\{(name|business)\}", lambda found: str(getattr(self, found[1])), self.greeting)


@dataclass(frozen=True, kw_only=True)
class Calls:
    """What bounds a call."""

    most: Annotated[int, rules.between(1, 1000)]
    when_full: Literal["busy", "queue"]
    longest_wait_s: Annotated[int, rules.between(5, 3600)]
    longest_s: Annotated[int, rules.between(10, 86_400)]
    record: bool
    keep_days: Annotated[int, rules.between(1, 3650)]
    buffer_ms: Annotated[int, rules.between(60, 2000)]
    drain_s: Annotated[int, rules.between(0, 1500)]


@dataclass(frozen=True, kw_only=True)
class Turns:
    """Who speaks when."""

    endpointing: Literal["adaptive", "fixed", "smart-turn"]
    stop_ms: Annotated[int, rules.between(100, 3000)]
    patience_ms: Annotated[int, rules.between(100, 3000)]
    barge_in_ms: Annotated[int, rules.between(40, 2000)]
    silence_ms: Annotated[int, rules.between(100, 120_000)]
    longest_turn_s: Annotated[int, rules.between(2, 600)]


@dataclass(frozen=True, kw_only=True)
class Sip:
    """How a phone reaches the agent."""

    address: Annotated[str, networks.own_address]
    port: Port
    extension: Annotated[str, rules.digits]
    username: Annotated[str, rules.name]
    codecs: Annotated[tuple[Literal["g722", "ulaw", "alaw"], ...], rules.not_empty, rules.no_repeats]
    rtp_first: Port
    rtp_last: Port


@dataclass(frozen=True, kw_only=True)
class Trunk:
    """The telephone company's side; without an address there is none."""

    address: Annotated[str, rules.or_empty(networks.provider_address)]
    networks: Annotated[tuple[Annotated[str, networks.provider_network], ...], rules.no_repeats]
    number: PhoneNumber
    country: Annotated[str, rules.or_empty(numbers.country)]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whom the agent may transfer a call to: an internal phone or a number behind the trunk."""

    key: Annotated[str, rules.name]
    says: Line
    extension: Annotated[str, rules.or_empty(rules.digits)] = ""
    number: PhoneNumber = ""
    allow_premium: bool = False


@dataclass(frozen=True, kw_only=True)
class LookUp:
    """Something that the language model may ask a service of the operator's for."""

    name: Annotated[str, rules.name, rules.no_tool]
    purpose: Annotated[str, rules.no_control_characters, rules.length(1, 300)]
    url: Annotated[str, networks.own_url]
    arguments: Annotated[tuple[Annotated[str, rules.name], ...], rules.no_repeats] = ()
    timeout_ms: Annotated[int, rules.between(100, 10_000)] = 2000


@dataclass(frozen=True, kw_only=True)
class Services:
    """Where the agent's own services listen, on loopback."""

    stt_port: Port
    llm_port: Port
    tts_port: Port
    orchestrator_port: Port
    supervisor_port: Port


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """Where the agent lives on the machine."""

    prefix: Annotated[Path, rules.install_folder]
    store: Annotated[Path, rules.install_folder]
    """Never empty here: `<prefix>/store` where the operator named none."""
    layout: Literal["supervisor"]
    models_folder: Annotated[Path | None, rules.or_empty(rules.absolute)]


@dataclass(frozen=True, kw_only=True)
class Log:
    """What is written down."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    transcripts: bool


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything that the operator asks for; valid once it exists."""

    agent: Agent
    calls: Calls
    turns: Turns
    sip: Sip
    trunk: Trunk
    people: tuple[Person, ...]
    """In the order of the file; the first one takes the calls when the agent fails."""
    look_ups: tuple[LookUp, ...]
    services: Services
    deploy: Deploy
    log: Log
