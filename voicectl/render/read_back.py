"""Reads a rendered file the way its program does, so that rendering can prove what will be understood."""

import shlex
from collections.abc import Callable
from configparser import RawConfigParser
from typing import Final

from voicectl.render.asterisk_file import read_asterisk

Reader = Callable[[str], object]


def read_supervisor(text: str) -> object:
    """Sections and values as Supervisor takes them: command lines and environments split into their words."""
    parser = RawConfigParser(inline_comment_prefixes=(";", "#"), strict=True)
    parser.read_string(text)
    return {
        section: {
            key: tuple(shlex.split(value)) if key in {"command", "environment"} else value
            for key, value in ((key, value.replace("%%", "%")) for key, value in parser.items(section))
        }
        for section in parser.sections()
    }


def read_shell(text: str) -> object:
    """The words of each line."""
    return tuple(tuple(shlex.split(line, comments=True)) for line in text.split("\n"))


READERS: Final[dict[str, Reader]] = {"asterisk": read_asterisk, "supervisor": read_supervisor, "bin": read_shell}
"""By the template's folder, which names the product that reads the file."""
