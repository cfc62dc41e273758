"""The models that this deployment needs, in the store and checked."""

from collections.abc import Iterable

from voicectl.catalogue.models import Model
from voicectl.config.sections import Config
from voicectl.models.open import open_fetcher
from voicectl.phases.reporter import Reporter


def missing_models(config: Config, needed: Iterable[Model]) -> tuple[Model, ...]:
    """Those of which a file is not there in its full length; a glance, where fetching looks at every byte."""
    folder = config.deploy.store / "models"

    def is_there(model: Model) -> bool:
        paths = [(folder / model.id / file.name, file.bytes) for file in model.files]
        return all(path.is_file() and path.stat().st_size == size for path, size in paths)

    return tuple(model for model in needed if not is_there(model))


def fetch_models(config: Config, needed: Iterable[Model], reporter: Reporter) -> tuple[str, ...]:
    """Bring in what is missing or damaged, and name it."""
    deploy = config.deploy
    with open_fetcher(deploy.store, deploy.models_folder, reporter) as fetcher:
        return tuple(model.id for model in needed if fetcher.fetch(model))
