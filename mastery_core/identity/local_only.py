"""Without passwords, only this computer may come in."""

from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HOSTS_OF_THIS_COMPUTER = frozenset({"localhost", "127.0.0.1", "[::1]"})
_NOT_THIS_COMPUTER = (
    "This dashboard has no passwords, so it answers only the computer that it runs on. "
    "To open it to everybody who can reach it, start it with MASTERY_ALLOW_REMOTE=1.\n"
)
_NOT_THIS_HOST = "This dashboard answers at localhost only.\n"


class LocalOnly:
    """ASGI middleware for installations without passwords: refuses other computers and other host names.

    A foreign ``Host`` is how a web page that renames itself to 127.0.0.1 (DNS rebinding) gives itself away.
    Leave it out to open the dashboard to everybody who can reach it; ``dashboard.py`` does so for
    ``MASTERY_ALLOW_REMOTE=1``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope) if scope["type"] in {"http", "websocket"} else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send)


def _refusal(scope: Scope) -> str | None:
    if not _is_this_computer(scope.get("client")):
        return _NOT_THIS_COMPUTER
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) != 1 or _without_port(hosts[0]) not in _HOSTS_OF_THIS_COMPUTER:
        return _NOT_THIS_HOST
    return None


def _is_this_computer(client: tuple[str, int] | None) -> bool:
    if client is None:
        return False
    try:
        address = ip_address(client[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower().removesuffix(".")
