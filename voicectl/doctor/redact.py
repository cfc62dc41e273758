"""Takes out of a support case what is nobody's business: passwords, people, numbers, public addresses."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

HIDDEN: Final = "[hidden]"
_V4: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_V6: Final = re.compile(r"(?<![\w:.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f:]{2,39}(?![\w:])")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_SIP: Final = re.compile(r"\b(sips?|tel):[^\s<>;\"']+", re.IGNORECASE)
_HOME: Final = re.compile(r"(?<![\w/])/home/[^/\s\"']+")
# E.164, a national number with its usual blanks, or any run of digits that is as long as a number.
_NUMBER: Final = re.compile(
    r"\+\d[\d ().-]{5,}\d|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|(?<![\w.:-])\d{7,15}(?![\w:]|\.\d)"
)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")
_METHOD: Final = re.compile(r".[A-Z]{2,12}.")
_SHORTEST_SECRET: Final = 4


class Redactor:
    """Replaces the same thing by the same word throughout one case, so that the case still tells what happened."""

    def __init__(self, secrets: Iterable[str], names: Iterable[str]) -> None:
        """Take what is known to be secret, and the names of people and machines."""
        hidden = sorted({one for one in secrets if len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)
        people = sorted({one for one in names if one}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, hidden)) or r"(?!)")
        self._names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, people)) or '(?!)'})(?!\w)")
        self._addresses: dict[str, str] = {}

    def machine(self, value: Any) -> Any:
        """Facts and findings: whatever JSON holds, every text in it redacted; numbers there are versions and ids."""
        if isinstance(value, dict):
            return {key: self.machine(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.machine(item) for item in value]
        return self._text(value) if isinstance(value, str) else value

    def spoken(self, text: str) -> str:
        """A line of a log, in which a caller's number or words may stand: whatever is quoted goes as well."""
        quoted = _QUOTED.sub(lambda found: found[0] if _METHOD.fullmatch(found[0]) else '"[text]"', text)
        return _NUMBER.sub("[number]", self._text(quoted))

    def _text(self, text: str) -> str:
        for pattern, word in ((self._secrets, HIDDEN), (_MAIL, "[mail]"), (_HOME, "/home/[user]")):
            text = pattern.sub(word, text)
        text = _SIP.sub(lambda found: f"{found[1]}:{HIDDEN}", text)
        text = _V4.sub(self._address, _V6.sub(self._address, text))
        return self._names.sub("[name]", text)

    def _address(self, found: re.Match[str]) -> str:
        """A public address becomes one of those kept for documentation, which every parser still reads."""
        try:
            address = ip_address(found[0])
        except ValueError:
            return found[0]
        if not address.is_global:
            return found[0]
        return self._addresses.setdefault(found[0], str(self._stand_in(address)))

    def _stand_in(self, address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
        first = IPv4Address("192.0.2.1") if address.version == 4 else IPv6Address("2001:db8::1")  # noqa: PLR2004 - IPv4
        return first + len(self._addresses) % 254
