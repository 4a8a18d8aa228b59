"""What an installation is told from outside: the environment first, else ``.streamlit/secrets.toml``."""

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from mastery_core.errors import InvalidInput

SECRETS = Path(".streamlit/secrets.toml")


@dataclass(frozen=True, slots=True)
class SupabaseSettings:
    """Which Supabase project, and the keys to it. The secret key is for jobs without a person: command line, shared sessions."""

    url: str
    publishable_key: str = field(repr=False)
    secret_key: str | None = field(default=None, repr=False)


def supabase_settings() -> SupabaseSettings | None:
    """The Supabase project this installation uses; None where none is named, and the embedded database serves.

    ``SUPABASE_URL``, ``SUPABASE_PUBLISHABLE_KEY`` and, optional, ``SUPABASE_SECRET_KEY``; in the file ``url``,
    ``publishable_key`` and ``secret_key`` under ``[supabase]``. Raises InvalidInput where they are not usable.
    """
    names = ("url", "publishable_key", "secret_key")
    url, publishable_key, secret_key = (setting("supabase", name) for name in names)
    if not url and not publishable_key:
        return None
    if not (url and publishable_key):
        missing = "SUPABASE_PUBLISHABLE_KEY" if url else "SUPABASE_URL"
        raise InvalidInput(f"{missing} is not set: Supabase needs SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY.")
    return SupabaseSettings(_address(url, "SUPABASE_URL", "https://project.supabase.co"), publishable_key, secret_key)


def public_url() -> str | None:
    """``MASTERY_PUBLIC_URL``, the address people see where a proxy stands before the app; without a slash at the end."""
    url = setting("mastery", "public_url")
    return None if url is None else _address(url, "MASTERY_PUBLIC_URL", "https://mastery.example.org")


def setting(section: str, name: str) -> str | None:
    """``SECTION_NAME`` of the environment, else ``name`` under ``[section]`` in the secrets file; None where neither is."""
    value = os.environ.get(f"{section}_{name}".upper()) or _secrets().get(section, {}).get(name)
    return str(value).strip() or None if value is not None else None


def _address(url: str, name: str, example: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise InvalidInput(f"{name} is not an address like {example}.")
    return url.rstrip("/")


def _secrets() -> dict[str, dict[str, object]]:
    try:
        return tomllib.loads(SECRETS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{SECRETS} cannot be read: {error}.") from None
