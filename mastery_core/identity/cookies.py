"""The session cookie: what it is called, set, read and taken away."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from mastery_core.identity.sessions import LONGEST
from mastery_core.settings import public_url


def cookie_name(connection: HTTPConnection) -> str:
    """Cookies know hosts but not ports: with the port in its name, two dashboards on one computer keep apart."""
    port = connection.headers.get("host", "").rpartition(":")[2]
    return f"mastery_session_{port}" if port.isdigit() else "mastery_session"


def session_id(connection: HTTPConnection) -> str | None:
    return connection.cookies.get(cookie_name(connection))


def set_session_id(response: Response, connection: HTTPConnection, value: str) -> None:
    seconds = int(LONGEST.total_seconds())
    secure = _is_encrypted(connection)
    response.set_cookie(cookie_name(connection), value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


def clear_session_id(response: Response, connection: HTTPConnection) -> None:
    secure = _is_encrypted(connection)
    response.delete_cookie(cookie_name(connection), httponly=True, samesite="lax", secure=secure)


def _is_encrypted(connection: HTTPConnection) -> bool:
    if connection.scope["scheme"] in {"https", "wss"}:
        return True
    return (public_url() or "").startswith("https://")
