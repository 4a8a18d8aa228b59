"""What may come from where: the page to go on to, and who may post a form."""

from urllib.parse import urlsplit

from starlette.requests import Request

MAX_PATH_LENGTH = 2_000


def same_site_path(path: str | None) -> str:
    """``path`` when it leads to a page of this site, else ``/``; the sign-in itself is no place to go on to."""
    if not path or len(path) > MAX_PATH_LENGTH or not path.startswith("/") or path.startswith("//"):
        return "/"
    if "\\" in path or not path.isprintable():
        return "/"
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or parts.path == "/session" or parts.path.startswith("/session/"):
        return "/"
    return path


def is_cross_site(request: Request) -> bool:
    """Whether a browser sent this form from another origin; another port of the same host is another origin.

    The order of Go's ``http.CrossOriginProtection``: ``Sec-Fetch-Site`` decides when it is there, else ``Origin``
    must name this host. A client that sends neither is no browser, and so carries nobody's cookie unawares.
    """
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")
