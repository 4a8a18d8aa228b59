"""What the API says of itself: OpenAPI, with every status it answers."""

from typing import Any

from fastapi import FastAPI

from mastery_core.api.problems import MEDIA_TYPE, Problem

SCHEMAS = "#/components/schemas/"
SECURITY: dict[str, Any] = {"security": [{"token": []}, {"secretKey": []}]}
SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The person's token: of Supabase's sign-in, or of `python -m mastery_core token PERSON`.",
    },
    "secretKey": {
        "type": "apiKey",
        "in": "header",
        "name": "apikey",
        "description": "The service on Supabase: a secret key of the project, which may act for every learner.",
    },
}
DESCRIPTION = """
Where learners stand, and the outcomes that tutors record.

Scores are shares in [0, 1]; times carry their zone (ISO 8601). What a token shows, the database decides: a learner's own,
an instructor's cohorts, the service everybody's. Errors are problem details (RFC 9457).
"""
MEANINGS = {
    400: "The body is not JSON.",
    401: "No token, or one that is not good here.",
    403: "Not to be done with this token.",
    404: "No such person or session, or not one that this token may see.",
    408: "The request did not arrive in time.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "Something in the request cannot be: `errors` says what.",
    500: "Something went wrong in the service.",
    503: "The database cannot be reached: try again.",
    504: "There was no answer in time.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What may go wrong at one address, as FastAPI's ``responses``."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}}
    return {status: {"description": MEANINGS[status], "content": content} for status in statuses}


PROBLEMS_OF_ALL = problems(401, 422, 500, 503, 504)


def describe_problems_and_keys(app: FastAPI) -> None:
    """Complete the app's document, once all its addresses are there, with what problems look like and how to sign in."""
    components = app.openapi()["components"]
    schema = Problem.model_json_schema(ref_template=f"{SCHEMAS}{{model}}")
    components["schemas"] |= schema.pop("$defs") | {"Problem": schema}
    components["securitySchemes"] = SCHEMES
