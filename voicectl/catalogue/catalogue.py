"""Everything that the world offers, read once: each table is a data file with a source in every row."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from voicectl.catalogue.gpu import CatalogueGpu
from voicectl.catalogue.language_model import LanguageModel
from voicectl.catalogue.licence import Licence
from voicectl.catalogue.models import CatalogueError
from voicectl.catalogue.prices import Prices
from voicectl.catalogue.rows import load_rows, parse_toml, read_row
from voicectl.catalogue.speech_model import SpeechModel
from voicectl.catalogue.voice import Voice
from voicectl.paths import CATALOGUE


@dataclass(frozen=True)
class Catalogue:
    """The tables that a plan is made from."""

    language_models: Mapping[str, LanguageModel]
    speech_models: Mapping[str, SpeechModel]
    voices: Mapping[str, Voice]
    gpus: Mapping[str, CatalogueGpu]
    licences: Mapping[str, Licence]
    prices: Prices
    digest: str
    """Of the tables: a plan that another catalogue made is stale."""


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that ships with voicectl.

    Raises:
        CatalogueError: a table is broken: a mistake of ours, not of the operator's.
    """
    found = Catalogue(
        language_models=load_rows(LanguageModel, "language_models"),
        speech_models=load_rows(SpeechModel, "speech_models"),
        voices=load_rows(Voice, "voices"),
        gpus=load_rows(CatalogueGpu, "gpus"),
        licences=load_rows(Licence, "licences"),
        prices=read_row(Prices, parse_toml("prices"), "prices.toml"),
        digest=_digest(),
    )
    _ensure_licences(found)
    return found


def _ensure_licences(found: Catalogue) -> None:
    named = [
        *(row.licence for row in found.language_models.values()),
        *(row.licence for row in found.speech_models.values()),
        *(one for voice in found.voices.values() for one in (voice.licence, voice.engine_licence)),
    ]
    if unknown := set(named) - set(found.licences):
        raise CatalogueError(f"licences.toml lacks {', '.join(sorted(unknown))}")


def _digest() -> str:
    names = ("language_models", "speech_models", "voices", "gpus", "licences", "prices")
    texts = b"".join((CATALOGUE / f"{name}.toml").read_bytes() for name in names)
    return hashlib.sha256(texts).hexdigest()[:12]
