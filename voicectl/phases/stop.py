"""Takes the agent down, and away."""

from pathlib import Path
from tempfile import TemporaryDirectory

from voicectl.errors import ServiceError
from voicectl.phases.deploy_folder import DeployFolder
from voicectl.render.places import Places
from voicectl.runner import Player


def ensure_deployed(places: Places) -> None:
    """Touch no folder that is not an agent's.

    Raises:
        ServiceError: E513, nothing is deployed there.
    """
    if not DeployFolder(places.prefix / "deploy").path.is_dir():
        raise ServiceError("E513", str(places.prefix), "nothing is deployed there", fix="run `voicectl deploy`")


def stop_services(places: Places, player: Player, *, remove: bool) -> tuple[str, ...]:
    """Stop every service; with `remove` also delete the prefix, its recordings and its record of calls."""
    variables = {
        "voicectl_prefix": str(places.prefix),
        "voicectl_store": str(places.store),
        "voicectl_chunks": str(places.chunks),
    }
    with TemporaryDirectory(prefix="voicectl-") as work:
        return player.play("remove.yml" if remove else "stop.yml", variables, Path(work))
