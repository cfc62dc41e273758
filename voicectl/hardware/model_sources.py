"""Where models could come from: the hub that carries the language model, and what already lies here."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from voicectl.catalogue.models import HubSource, Model
from voicectl.hardware.software_facts import ModelSources

_HUB_DEADLINE_S = 1.0


def read_model_sources(models: Mapping[str, Model], folders: tuple[Path, ...]) -> ModelSources:
    """Ask the hub for the head of one file, with a short deadline; it is fine not to have one."""
    problem = _hub_problem(models)
    whole = {name for name, model in models.items() if any(_holds(place, model) for place in folders)}
    begun = {name for name, model in models.items() if any(_begins(place, model) for place in folders)}
    return ModelSources(
        hub_reachable=not problem,
        hub_problem=problem,
        in_store=tuple(sorted(whole)),
        incomplete=tuple(sorted(begun - whole)),
    )


def _begins(folder: Path, model: Model) -> bool:
    return any((folder / model.id / file.name).exists() for file in model.files)


def _holds(folder: Path, model: Model) -> bool:
    """Whether every file is there at full length; `voicectl models verify` checks their digests."""
    places = ((folder / model.id / file.name, file.bytes) for file in model.files)
    return all(place.is_file() and place.stat().st_size == length for place, length in places)


def _hub_problem(models: Mapping[str, Model]) -> str:
    url = _language_model_url(models)
    if url is None:
        return "the catalogue names none"
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the address is the catalogue's own
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=_HUB_DEADLINE_S):
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        return "" if error.code < HTTPStatus.BAD_REQUEST else f"{url}: HTTP {error.code}"
    except OSError as error:
        return f"{request.host}: {getattr(error, 'reason', error)}"


def _language_model_url(models: Mapping[str, Model]) -> str | None:
    sources = ((source, model) for model in models.values() if model.kind == "llm" for source in model.sources)
    return next((source.url(model.files[0].name) for source, model in sources if isinstance(source, HubSource)), None)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect to the hub's storage is answer enough."""

    def redirect_request(self, *_: Any) -> None:
        """Never follow."""
