"""Tells a listener's "mm-hm" from words that want an answer."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).with_name("backchannels.toml")
_HUM: Final = "[mhn]+"
"""However a recogniser writes a hum: "Hmm", "MMHN", "M-H-M"."""


def is_backchannel(said: str, language: str) -> bool:
    """Whether all of it only shows that somebody listens, once or several times over."""
    words = re.sub(r"[^\w']+", " ", said.casefold()).strip()
    return bool(_pattern(language).fullmatch(words))


@cache
def _pattern(language: str) -> re.Pattern[str]:
    known = tomllib.loads(_FILE.read_text(encoding="utf-8")).get(language, [])
    one = "|".join((_HUM, *map(re.escape, known)))
    return re.compile(rf"(?:{one})(?: (?:{one}))*")
