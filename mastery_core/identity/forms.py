"""What browsers post to the sign-in: read within bounds, and only from this site."""

from starlette.requests import Request
from starlette.responses import Response

from mastery_core.identity.html import page

LONGEST_FIELD = 8_000  # bytes
MOST_FIELDS = 10

Form = dict[str, str]


async def form_of(request: Request) -> Form:
    """The text fields of a form. Raises Starlette's HTTPException where there are too many, or one is too long."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def not_from_here() -> Response:
    """The answer to a form that another site sent."""
    message = "This form was sent from another site, so nothing was changed. Open the sign-in page and try there."
    return page("message.html", 403, title="Not from here", message=message)
