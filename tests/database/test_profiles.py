"""Everybody who can sign in has a profile, under the name they gave or are known by."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from psycopg.types.json import Jsonb


@pytest.mark.parametrize(
    ("details", "name"),
    [
        ({"display_name": " Zoë Ng ", "full_name": "Z. Ng"}, "Zoë Ng"),
        ({"full_name": "Zoë Ng", "name": "zng"}, "Zoë Ng"),
        ({"display_name": " ", "name": "zng"}, "zng"),
        ({}, "zoe"),
        (None, "zoe"),
    ],
)
def test_a_person_is_called_what_they_say_or_else_what_a_provider_says(
    query: Callable[..., list[dict[str, Any]]], details: dict[str, str] | None, name: str
) -> None:
    person = str(uuid4())
    query(
        "insert into auth.users (id, email, raw_user_meta_data) values (%(person)s, %(email)s, %(details)s)",
        person=person,
        email=f"zoe@{person}.example",
        details=None if details is None else Jsonb(details),
    )
    assert query("select display_name from profiles where id = %(person)s", person=person) == [{"display_name": name}]


def test_who_gave_no_name_and_no_e_mail_is_a_learner(
    query: Callable[..., list[dict[str, Any]]], person: Callable[[], str]
) -> None:
    assert query("select display_name from profiles where id = %(id)s", id=person()) == [{"display_name": "Learner"}]
