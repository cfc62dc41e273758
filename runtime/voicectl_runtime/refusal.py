"""How the services say no: an HTTP status and the reason, in the shape that OpenAI's clients read."""

from aiohttp import web


class RefusedError(Exception):
    """A request that cannot be served, with the HTTP status and the reason for the client."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def refusal(status: int, reason: str) -> web.Response:
    """What a client gets instead of an answer."""
    kind = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004 - HTTP's own border
    return web.json_response({"error": {"message": reason, "type": kind, "code": status}}, status=status)
