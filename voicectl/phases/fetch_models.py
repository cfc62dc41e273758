"""The models that this deployment needs, in the store and checked."""

from collections.abc import Iterable, Mapping

from voicectl.catalogue.models import Model
from voicectl.config.sections import Config
from voicectl.models.download import Downloader
from voicectl.models.fetch import Fetcher
from voicectl.models.wheel import lock_with_uv
from voicectl.phases.reporter import Reporter


def needed_models(plan_models: Iterable[str], models: Mapping[str, Model]) -> tuple[Model, ...]:
    """The plan's models, without repetition."""
    return tuple(models[one] for one in dict.fromkeys(plan_models))


def missing_models(config: Config, needed: Iterable[Model]) -> tuple[Model, ...]:
    """Those of which a file is not there in its full length; a glance, where fetching looks at every byte."""
    folder = config.deploy.store / "models"

    def is_there(model: Model) -> bool:
        paths = [(folder / model.id / file.name, file.bytes) for file in model.files]
        return all(path.is_file() and path.stat().st_size == size for path, size in paths)

    return tuple(model for model in needed if not is_there(model))


def fetch_models(config: Config, needed: Iterable[Model], reporter: Reporter) -> tuple[str, ...]:
    """Bring in what is missing or damaged, and name it."""
    import httpx  # noqa: PLC0415 - only a download needs it

    with httpx.Client(follow_redirects=True, timeout=30.0) as client:
        downloader = Downloader(client, reporter)
        fetcher = Fetcher(config.deploy.store / "models", config.deploy.models_folder, downloader, lock_with_uv)
        return tuple(model.id for model in needed if fetcher.fetch(model))
