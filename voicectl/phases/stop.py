"""Takes the agent down, and away."""

from pathlib import Path
from tempfile import TemporaryDirectory

from voicectl.phases.deploy_folder import DeployFolder
from voicectl.render.places import Places
from voicectl.runner import Player


def is_deployed(places: Places) -> bool:
    """Whether a deployment ever began there; a folder that is not an agent's is never touched."""
    return DeployFolder(places.prefix / "deploy").path.is_dir()


def stop_services(places: Places, player: Player, *, remove: bool) -> tuple[str, ...]:
    """Stop every service; with `remove` also delete the prefix, its recordings and its record of calls."""
    variables = {
        "voicectl_prefix": str(places.prefix),
        "voicectl_store": str(places.store),
        "voicectl_chunks": str(places.chunks),
    }
    with TemporaryDirectory(prefix="voicectl-") as work:
        return player.play("remove.yml" if remove else "stop.yml", variables, Path(work))
