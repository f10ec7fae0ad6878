"""One call of the data plane: what both calls do before and after their own work."""

from abc import ABC, abstractmethod

from app.errors import ApiError
from app.http.admission import Admission
from app.http.body import ClientGone, Receive, read_body
from app.http.concurrency import Concurrency
from app.http.headers import Scope, header, notes
from app.http.respond import Send, internal_error, send_response
from app.otlp.media import Media, request_media
from app.otlp.status import error_body


class Call(ABC):
    """An ASGI application for one route that takes OTLP by POST.

    route: the path. admission: who is let in. concurrency: how many calls of one organisation
    there may be at once. max_body_bytes: the body's limit, inflated.
    """

    def __init__(
        self, route: str, admission: Admission, concurrency: Concurrency, max_body_bytes: int
    ) -> None:
        self.route = route
        self.admission = admission
        self.concurrency = concurrency
        self.max_body_bytes = max_body_bytes

    @abstractmethod
    async def answer(self, scope: Scope, body: bytes, media: Media) -> tuple[bytes, Media]:
        """The bytes of a 200 and their media. Raises an error of the catalogue for any other."""

    @abstractmethod
    def busy(self, scope: Scope, media: Media) -> tuple[bytes, Media]:
        """The same where the caller has too many calls under way already; nothing is read."""

    @abstractmethod
    def error_media(self, scope: Scope, request: Media) -> Media:
        """The media in which an error is told to the caller."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        scope["softprobe.route"] = self.route
        try:
            media = await self.admit(scope)
            answer, answered_in = await self._bounded(scope, receive, media)
        except ApiError as error:
            await self._refuse(scope, send, error)
        except ClientGone:
            raise
        except Exception:
            await self._refuse(scope, send, internal_error())
            raise
        else:
            told = notes(scope).answer_headers
            await send_response(send, 200, answer, answered_in.content_type, told)

    async def admit(self, scope: Scope) -> Media:
        """The call's media, if all that can be seen without its body is right.

        Raises an error of the catalogue.
        """
        notes(scope).caller = await self.admission.admit(scope)
        return self.media(scope)

    def media(self, scope: Scope) -> Media:
        """The media of what is sent. Raises an error of the catalogue for what is not taken."""
        if scope["method"] != "POST":
            message = f"{scope['method']} is not allowed on {self.route}; allowed: POST"
            raise ApiError("method_not_allowed", message, headers={"allow": "POST"})
        return request_media(header(scope, b"content-type"))

    async def _bounded(self, scope: Scope, receive: Receive, media: Media) -> tuple[bytes, Media]:
        """The answer to a call of an organisation that has not too many under way."""
        org = notes(scope).org
        if not await self.concurrency.turn(org):
            return self.busy(scope, media)
        try:
            body = await read_body(scope, receive, self.max_body_bytes)
            return await self.answer(scope, body, media)
        finally:
            self.concurrency.leave(org)

    async def _refuse(self, scope: Scope, send: Send, error: ApiError) -> None:
        try:
            media = self.error_media(scope, request_media(header(scope, b"content-type")))
        except ApiError:
            media = Media.JSON
        body = error_body(error, media)
        await send_response(send, error.kind.status, body, media.content_type, error.headers)
