"""The operator's file as text: what the TOML parser makes of it, and where each key stands in it."""

import re
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from voicectl.config.lines import find_lines
from voicectl.config.refused import RefusedError, shown
from voicectl.errors import ConfigError

# The parser's time grows with the square of a dotted key's parts; nothing of ours has more than three.
_MOST_DOTS: Final = 200
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_BARE_WORD: Final = re.compile(r"\s*(?P<key>[A-Za-z0-9_.-]+)\s*=\s*(?P<value>[A-Za-z_][\w-]*)\s*(#.*)?")
_SWITCHES: Final = frozenset({"yes", "no", "on", "off", "true", "false"})
_LEADING_ZERO: Final = re.compile(r"\s*(?P<key>[A-Za-z0-9_.-]+)\s*=\s*(?P<value>[+-]?0[0-9_]+)\s*(#.*)?")


@dataclass(frozen=True)
class Source:
    """One configuration file."""

    name: str
    text: str

    def parse(self) -> dict[str, Any]:
        """The file as plain data.

        Raises:
            ConfigError: it is not TOML, says something twice, or is nested to wear the parser out.
        """
        for number, line in enumerate(self.text.split("\n"), start=1):
            if line.count(".") > _MOST_DOTS:
                raise self._unreadable(number, f"more than {_MOST_DOTS} dots in one line", "write several lines")
        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise self._explain(str(error)) from error
        except RecursionError as error:
            raise self._unreadable(1, "brackets nested too deep", "write flat sections") from error
        except ValueError as error:  # tomllib lets Python's limit on the digits of a number through
            raise self._unreadable(1, "a number with thousands of digits", "write the number that you mean") from error

    def refuse(self, refused: RefusedError) -> ConfigError:
        """What a rule said, with the file, the line and the key: `voicectl.toml:12 sip.port`.

        A key that stands only in the defaults is placed where the file says what it clashes with, or at its section.
        """
        lines, at = find_lines(self.text), refused.at
        sections = (at[:depth] for depth in range(len(at) - 1, 0, -1))
        known = next((path for path in (at, *refused.because_of, *sections) if path in lines), None)
        place = self.name if known is None else f"{self.name}:{lines[known]}"
        key = ".".join(part if _PLAIN_KEY.fullmatch(part) else shown(part) for part in at)
        return ConfigError(refused.code, f"{place} {key}".rstrip(), refused.problem, fix=refused.fix)

    def _explain(self, message: str) -> ConfigError:
        """The parser's complaint in the operator's words, for the slips that people make."""
        found = re.search(r"\(at line (\d+), column (\d+)\)", message)
        lines = self.text.split("\n")
        number = int(found[1]) if found else len(lines)
        line = lines[number - 1]
        if bare := _BARE_WORD.fullmatch(line):
            place, value = f"{self.name}:{number} {bare['key']}", shown(bare["value"])
            switch = ", or true or false for a switch" if bare["value"].casefold() in _SWITCHES else ""
            return ConfigError("E207", place, f"text without quotes ({value})", fix=f'write "{bare["value"]}"{switch}')
        if zero := _LEADING_ZERO.fullmatch(line):
            place, value = f"{self.name}:{number} {zero['key']}", zero["value"]
            return ConfigError("E203", place, f"a number with a leading zero ({value})", fix="drop the zero")
        if message.startswith("Cannot "):
            return self._unreadable(number, f"something that is already set ({shown(line.strip())})", "set it once")
        problem = message.partition(" (at ")[0]
        column = f", column {found[2]}" if found else ""
        return self._unreadable(number, f"not TOML{column}: {problem} ({shown(line.strip())})", "correct this line")

    def _unreadable(self, number: int, problem: str, fix: str) -> ConfigError:
        return ConfigError("E201", f"{self.name}:{number}", problem, fix=fix)
