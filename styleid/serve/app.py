"""What is answered to whom: the page, what it must know of the model, and a sheet for a picture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from styleid.errors import ImageError
from styleid.model.words import LEARNED
from styleid.questions.evidence.page import sheet_html
from styleid.questions.evidence.sheet import Sheet
from styleid.serve.body import MAX_BYTES, RefusedError, check_head, picture_name, read_body
from styleid.serve.guard import Door, Guard, refusal
from styleid.serve.line import Line
from styleid.serve.page import Page

#: Pictures that are taken in at a time; the others are read later.
_TAKEN_IN = 16


class Answers:
    """The answers to each kind of request."""

    def __init__(self, line: Line, page: Page, limit: int = MAX_BYTES) -> None:
        self._line, self._page = line, page
        self._limit = min(limit, line.policy.max_bytes)
        self._taken_in = asyncio.Semaphore(_TAKEN_IN)

    async def show(self, request: Request) -> Response:
        """Answer with the page, which is the same for everybody and holds nothing of the model."""
        return HTMLResponse(self._page.html)

    async def describe(self, request: Request) -> Response:
        """Say what the model knows, what can be sent, and what a page that is saved is made of."""
        known: dict[str, Any] = {
            "labels": list(self._line.model.labels),
            "formats": [name.lower() for name in self._line.policy.formats],
            "max_bytes": self._limit,
            "max_pixels": self._line.policy.max_pixels,
            "frame": self._page.frame,
        }
        return JSONResponse(known)

    async def predict(self, request: Request) -> Response:
        """Answer with the evidence of a picture, or with the reason why there is none."""
        try:
            check_head(request, self._limit)
            async with self._taken_in:
                name = picture_name(request)
                sheet = await self._line.answer(await read_body(request, self._limit), name)
        except RefusedError as refused:
            return refusal(refused.status, refused.code, refused.message, {"Connection": "close"})
        except ImageError as error:
            return refusal(422, error.code, str(error))
        except ClientDisconnect:
            return Response(status_code=499)  # nobody reads it
        if sheet.verdict.error is not None:
            return refusal(422, sheet.verdict.error.code, str(sheet.verdict.error))
        told = sheet.plain()
        if "html" in request.query_params:
            told |= {"said": _title(sheet), "html": sheet_html(sheet, alone=False)}
        return JSONResponse(told)


def _title(sheet: Sheet) -> str:
    """Write the answer in a line, and whether the picture taught the model."""
    answer, known = sheet.answer, LEARNED.get(sheet.verdict.learned or "")
    said = () if answer is None else (answer.title, answer.number)
    return ", ".join(filter(None, said)) + (f"; the model learned from {known}" if known else "")


def make_app(
    line: Line, door: Door, limit: int = MAX_BYTES, ready: Callable[[], None] = lambda: None
) -> ASGIApp:
    """Make the server of a line of pictures; `ready` is called as it begins, and it ends with the line."""

    @asynccontextmanager
    async def until_end(app: Starlette) -> AsyncIterator[None]:
        ready()
        yield
        await asyncio.to_thread(line.close)

    page = Page.of(door.is_local)
    answers = Answers(line, page, limit)
    routes = [
        Route("/", answers.show),
        Route("/v1/model", answers.describe),
        Route("/v1/predict", answers.predict, methods=["PUT"]),
    ]
    return Guard(Starlette(routes=routes, lifespan=until_end), door, page.policy)
