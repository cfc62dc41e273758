"""Who this phone is and whom it calls, from the agent's settings."""

from dataclasses import dataclass
from typing import Final

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.sip.dialog import Dialog, new_token
from voicectl_runtime.caller.sip.digest import Credentials
from voicectl_runtime.caller.sip.endpoint import Endpoint
from voicectl_runtime.settings import Sip

# An agent that listens everywhere is called on loopback.
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


@dataclass(frozen=True)
class Account:
    """The test account and the way to the agent."""

    server: tuple[str, int]
    extension: str
    credentials: Credentials

    @property
    def host(self) -> str:
        """The server as it stands in a SIP URI."""
        address, port = self.server
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    @property
    def target(self) -> str:
        """The agent's own SIP address."""
        return f"sip:{self.extension}@{self.host}"

    @property
    def own(self) -> str:
        """This phone's SIP address."""
        return f"sip:{self.credentials.username}@{self.host}"

    def call_dialog(self, endpoint: Endpoint) -> Dialog:
        """A new call to the agent."""
        return self._dialog(endpoint, remote=self.target, target=self.target)

    def register_dialog(self, endpoint: Endpoint) -> Dialog:
        """A registration of this phone's address."""
        return self._dialog(endpoint, remote=self.own, target=f"sip:{self.host}")

    def _dialog(self, endpoint: Endpoint, *, remote: str, target: str) -> Dialog:
        local = f"<{self.own}>;tag={new_token()}"
        return Dialog(endpoint.host_port, new_token() + new_token(), local, f"<{remote}>", target)


def read_account(sip: Sip) -> Account:
    """The account that voicectl made for this phone.

    Raises:
        PhoneError: its password cannot be read.
    """
    try:
        password = sip.password_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PhoneError(f"the phone's password cannot be read: {error}") from error
    address = _EVERYWHERE.get(sip.address, sip.address)
    return Account((address, sip.port), sip.extension, Credentials(sip.username, password))
