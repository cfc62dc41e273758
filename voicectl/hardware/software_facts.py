"""What is known about the programs, models and passwords that are here already."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Docker:
    """Docker, as client and as engine, and what lets its containers use a GPU."""

    client: str | None
    """Path of the program."""
    engine: str | None
    """Version of the engine that answered."""
    cgroup_version: str
    cgroup_driver: str
    problem: str
    """Why the engine did not answer; empty when it did or when nobody expects one."""
    rootless: bool = False
    live_restore: bool = False
    log_rotation: bool = False
    """Whether containers' logs are bounded by the engine's own settings."""
    nvidia_toolkit: str | None = None
    """Version of the NVIDIA container toolkit; empty where it does not tell."""
    nvidia_runtime: bool = False
    """The engine has a runtime of that name."""
    cdi_driver: str | None = None
    """Version of the driver for which the container device interface was described; None: it was not."""
    nvidia_char_links: bool = False
    """Links in /dev/char keep the cards in containers when systemd reloads."""


@dataclass(frozen=True)
class Asterisk:
    """The telephone exchange: installed, in the agent's store, or to be had."""

    installed: str | None
    """Version of the distribution's package."""
    in_store: str | None
    """Version in the root that an earlier deployment made."""
    candidate: str | None
    """Version that the distribution offers."""
    debootstrap: str | None
    """"installed" or the version that the distribution offers; it makes a root where there is no package."""


@dataclass(frozen=True)
class Packages:
    """The distribution's package system, and what voicectl itself brings."""

    apt: bool
    locked_by: int | None
    """Pid of the process that holds the lock."""
    held: tuple[str, ...] = ()
    """Packages that no upgrade touches."""
    nvidia: tuple[str, ...] = ()
    """Installed packages of the NVIDIA driver."""
    unattended_upgrades: bool = False
    time_daemon: str | None = None
    """The installed package that keeps the clock right."""
    ansible: str | None = None
    """Version of the one beside voicectl; empty where it lacks, None where voicectl is not installed."""


@dataclass(frozen=True)
class ModelSources:
    """Where a model could come from."""

    hub_reachable: bool
    hub_problem: str
    in_store: tuple[str, ...]
    """Catalogue ids that earlier deployments or the operator put in place; sorted."""
    incomplete: tuple[str, ...] = ()
    """Of which some files are there, and not all of them at full length; sorted."""


@dataclass(frozen=True)
class Service:
    """One service of the agent, as Supervisor and the service itself see it."""

    name: str
    state: str
    """Supervisor's own word."""
    uptime_s: int | None
    ended: int
    """How often it ended by itself since Supervisor began."""
    healthy: bool | None
    """None where running is all that can be asked of it."""


@dataclass(frozen=True)
class LoadedModel:
    """A language model that is in memory now."""

    name: str
    stays: bool
    """It is not put out of memory after a quiet while."""
    context_tokens: int | None


@dataclass(frozen=True)
class Services:
    """The running agent."""

    deployed: bool
    running: tuple[Service, ...]
    """Empty: nothing is deployed, or the agent is stopped."""
    loaded: tuple[LoadedModel, ...]


@dataclass(frozen=True)
class SecretFile:
    """One file with a password in it."""

    path: str
    mode: int
    owner_uid: int
    length_bytes: int
    """Of the file, which ends with a line break."""


@dataclass(frozen=True)
class Secrets:
    """Password files of an earlier deployment, and the configuration file in use."""

    files: tuple[SecretFile, ...]
