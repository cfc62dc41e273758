"""Text from outside, made safe to show: a caller chooses their name, and a terminal obeys control characters."""

import re
from typing import Final

# C0 (but not the tab), DEL, C1, line and paragraph separators, and what turns the direction of writing around.
_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def escaped(text: str) -> str:
    r"""The text with every control character written out, such as \x1b."""
    return _UNSAFE.sub(lambda found: ascii(found.group())[1:-1], text)
