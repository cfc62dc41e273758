"""What the operator pins for one plan: the rest is planned around it."""

from dataclasses import dataclass
from typing import Literal, get_args

Profile = Literal["embedded", "cpu", "gpu"]
PROFILES: tuple[Profile, ...] = get_args(Profile)


@dataclass(frozen=True)
class Wishes:
    """The pins of `voicectl plan`; nothing is pinned by default."""

    profile: Profile | None = None
    calls: int | None = None
    """None: `calls.most`."""
    stt: str | None = None
    """A row of the catalogue, with @precision where another than the usual one is wanted; so the next two."""
    llm: str | None = None
    tts: str | None = None
    context_tokens: int | None = None
    commercial: bool = False
    accepted_licences: tuple[str, ...] = ()
    """Licence ids whose terms the operator has acknowledged."""
