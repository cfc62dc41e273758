"""From `voicectl.toml` to a valid Config, or to one line that says what to correct."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from voicectl.config.build import build_config
from voicectl.config.contradictions import ensure_consistent
from voicectl.config.find import find_config, read_config
from voicectl.config.refused import RefusedError
from voicectl.config.sections import Config
from voicectl.config.source import Source


def load_config(path: Path | None, env: Mapping[str, str]) -> Config:
    """The configuration in use; the defaults where no file is found.

    Raises:
        UsageError: the named file is not there.
        ConfigError: the file cannot be read, or says something that cannot be done.
    """
    file = find_config(path, env)
    return parse_config("") if file is None else parse_config(read_config(file), file)


def parse_config(text: str, file: Path = Path("voicectl.toml")) -> Config:
    """The configuration that a text describes, over the defaults.

    Args:
        text: TOML.
        file: its name in errors; relative paths in it start at its folder.

    Raises:
        ConfigError: it says something that cannot be done.
    """
    source = Source(str(file), text)
    document = source.parse()
    try:
        config = build_config(document)
        ensure_consistent(config)
    except RefusedError as refused:
        raise source.refuse(refused) from refused
    if config.agent.script is None:
        return config
    return replace(config, agent=replace(config.agent, script=(file.parent / config.agent.script).absolute()))
