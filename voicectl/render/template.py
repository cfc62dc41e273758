"""Fills a template, and proves that the program that reads the file will find the values that were put in."""

import re
import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from voicectl.errors import RenderError
from voicectl.paths import TEMPLATES
from voicectl.render import escape
from voicectl.render.read_back import READERS

if TYPE_CHECKING:
    from jinja2 import Environment

_ESCAPES: Final[dict[str, escape.Escape]] = {
    "asterisk/extensions.conf": escape.dialplan,
    "asterisk": escape.asterisk,
    "supervisor": escape.supervisor,
    "bin": escape.shell,
}


def fill(name: str, values: Mapping[str, Any]) -> str:
    """The text of `templates/<name>.j2`.

    Raises:
        RenderError: E301 a value is missing; E303 the program would read something else than was put in.
    """
    product = name.partition("/")[0]
    put_in: list[str] = []

    def mark(value: object) -> str:
        put_in.append(escape.plain(value))
        return f"mark{len(put_in) - 1}end"

    text = _fill(name, values, _ESCAPES.get(name) or _ESCAPES[product])
    marked = _fill(name, values, mark)
    # The marks are harmless in every format, so reading the marked file shows the structure that the template means.
    meant = _unmark(_read(name, marked), put_in)
    if _read(name, text) != meant:
        raise _changed_meaning(name)
    return text


def _fill(name: str, values: Mapping[str, Any], finalize: Callable[[object], str]) -> str:
    from jinja2 import TemplateError  # noqa: PLC0415 - only the commands that render need it

    try:
        return _environment(finalize).get_template(f"{name}.j2").render(values)
    except TemplateError as error:
        raise RenderError(
            "E301",
            f"{name}.j2:{_line(error)}",
            f"the template cannot be filled ({error.message})",
            fix="report this line: it is a mistake in voicectl, not in your configuration",
        ) from error
    except escape.EscapeError as error:
        raise RenderError(
            "E303",
            f"{name}.j2:{_line(error)}",
            f"a value has {error}",
            fix="remove that character from the value in voicectl.toml",
        ) from error


def _environment(finalize: Callable[[object], str]) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - as above

    return Environment(  # noqa: S701 - these are no web pages: `finalize` escapes every value for its own format
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _line(error: Exception) -> int:
    """The template's line; Jinja puts its templates into the traceback as if they were modules."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename.endswith(".j2")), 0)


def _read(name: str, text: str) -> object:
    try:
        return READERS[name.partition("/")[0]](text)
    except ValueError as error:
        raise _changed_meaning(name) from error


def _changed_meaning(name: str) -> RenderError:
    return RenderError(
        "E303",
        name,
        "the file would not be understood as it is meant",
        fix="look in voicectl.toml for a value with unusual characters, and simplify it",
    )


def _unmark(read: object, put_in: list[str]) -> object:
    """The same structure, with the values themselves where the marks stood."""
    if isinstance(read, str):
        return re.sub(r"mark(\d+)end", lambda mark: put_in[int(mark[1])], read)
    if isinstance(read, tuple):
        return tuple(_unmark(item, put_in) for item in read)
    if isinstance(read, dict):
        return {_unmark(key, put_in): _unmark(value, put_in) for key, value in read.items()}
    return read
