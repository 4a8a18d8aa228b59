"""A FastAPI app with one route that returns the bytes of one file: what any route costs at least."""

import os
from pathlib import Path

from fastapi import FastAPI, Response

CONTENT = Path(os.environ["BENCHMARK_CONTENT"]).read_bytes()
app = FastAPI()


@app.get("/api/mastery")
async def mastery() -> Response:
    return Response(CONTENT, media_type="application/json")
