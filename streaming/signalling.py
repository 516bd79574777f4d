"""What WHIP and WHEP share over HTTP: an offer is posted, answered, added to and ended (RFC 9725; draft-ietf-wish-whep-03)."""

import asyncio
import ipaddress
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from streaming.ice import NO_ADDRESS, IceServer, allow_loopback
from streaming.offer import MalformedOffer, Offer, UnplayableOffer, read_candidates
from streaming.rtp.endpoint import accept_rsa_certificates, offer_capture_times
from streaming.session import Session
from streaming.signalling_openapi import FRAGMENT_TYPE, OFFER_TYPE
from vrlive import clock

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS, GET",
    "Access-Control-Allow-Headers": "Content-Type, Authorization, If-Match",
    "Access-Control-Expose-Headers": "Location, Link, ETag, Accept-Patch, WWW-Authenticate",
}
ENDPOINT_ALLOW, SESSION_ALLOW = "POST, GET, HEAD, OPTIONS", "PATCH, DELETE, GET, HEAD, OPTIONS"
TOKEN_BYTES = 18  # of the session's address: nobody guesses 144 bits

log = logging.getLogger("streaming.signalling")

SessionT = TypeVar("SessionT", bound=Session)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one delivery process lends to strangers.

    Attributes
    ----------
    sessions
        Viewers at once: about what two cores can encrypt for at 6 Mbit/s.
    connecting, connecting_of_one
        Of these, how many may not be connected yet: in all, and from one address (of IPv6, one /64). Connecting takes 1 s or 2; who
        never connects must not keep the others out.
    body_bytes
        Longest offer: Chromium's longest are 8 kB.
    body_s
        A body that is not here by then is given up.
    connect_s
        A session that is not connected by then is closed: slow ICE over TURN takes 10 s.
    retry_after_s
        What a refused viewer is told to wait.
    """

    sessions: int = 200
    connecting: int = 100
    connecting_of_one: int = 20
    body_bytes: int = 64 * 1024
    body_s: float = 10.0
    connect_s: float = 30.0
    retry_after_s: int = 10


class Refusal(Exception):
    """An answer of 4xx or 5xx."""

    def __init__(self, status: int, problem: str, **headers: str) -> None:
        super().__init__(problem)
        self.response = JSONResponse(
            {"error": problem}, status, {**CORS, **{name.replace("_", "-"): value for name, value in headers.items()}}
        )


class Endpoint(Generic[SessionT]):
    """Sessions that strangers begin, and what is lent to them.

    Parameters
    ----------
    limits
        What is lent to strangers.
    ice_servers
        STUN and TURN servers that they are told of.
    loopback
        Also offer 127.0.0.1 to those on this host; see `streaming.ice.allow_loopback`.
    """

    who: ClassVar[str]  # begins sessions here, in the plural

    def __init__(self, *, limits: Limits, ice_servers: Sequence[IceServer], loopback: bool) -> None:
        self.limits = limits
        self.sessions: dict[str, SessionT] = {}
        self._links = [("Link", server.link()) for server in ice_servers]
        self._watchdogs: set[asyncio.Task[None]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        offer_capture_times()
        accept_rsa_certificates()
        if loopback:
            allow_loopback()

    async def close(self) -> None:
        """End all sessions."""
        for watchdog in self._watchdogs:
            watchdog.cancel()
        await asyncio.gather(*(self._end(token) for token in list(self.sessions)))
        await asyncio.gather(*self._endings, *self._watchdogs, return_exceptions=True)

    async def _open(
        self, request: Request, place: str, read: Callable[[str], Offer], begin: Callable[[str, Callable[[], None]], SessionT]
    ) -> Response:
        """Answer an offer: `begin` makes the session, told whose it is and whom to tell of its end; its address is below `place`."""
        _check_acceptable(request)
        body = await self._read(request, OFFER_TYPE)
        host = _host(request)
        self._check_places(host)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session = self.sessions[token] = begin(host, lambda: self._end_soon(token))
        try:
            answer = await session.answer(read(body))
        except (MalformedOffer, UnplayableOffer) as fault:
            await self._end(token)
            raise Refusal(400 if isinstance(fault, MalformedOffer) else 422, str(fault)) from fault
        except BaseException:
            self._end_soon(token)
            raise
        if "a=candidate:" not in answer:
            await self._end(token)
            log.error("one of the %s was turned away: %s", self.who, NO_ADDRESS)
            raise self._unavailable(NO_ADDRESS)
        _start(self._close_unless_connected(token), self._watchdogs)
        return self._created(f"{place}/{token}", token, answer)

    async def _use(self, request: Request, token: str) -> Response:
        """Do what is asked of a session."""
        if request.method == "PATCH":
            return await self._trickle(request, token)
        if request.method == "DELETE":
            await self._end(token)  # gone before or by now: either way it is as its owner wants it
            return Response(status_code=200, headers=CORS)
        return without_content(request.method, SESSION_ALLOW, {"Accept-Patch": FRAGMENT_TYPE}, [])

    def _discover(self, request: Request) -> Response:
        """Say what can be posted here."""
        return without_content(request.method, ENDPOINT_ALLOW, {"Accept-Post": OFFER_TYPE}, self._links)

    def _check_places(self, host: str) -> None:
        limits, connecting = self.limits, [session.host for session in self.sessions.values() if session.state != "connected"]
        wait = f"try again in {limits.retry_after_s} s"
        if len(self.sessions) >= limits.sessions:
            raise self._unavailable(f"all {limits.sessions} places are taken; {wait}")
        if connecting.count(host) >= limits.connecting_of_one:
            raise self._unavailable(f"{limits.connecting_of_one} {self.who} at your address are still connecting; {wait}")
        if len(connecting) >= limits.connecting:
            raise self._unavailable(f"{limits.connecting} {self.who} are still connecting; {wait}")

    def _unavailable(self, problem: str) -> Refusal:
        return Refusal(503, problem, Retry_After=str(self.limits.retry_after_s))

    def _created(self, place: str, token: str, answer: str) -> Response:
        headers = {**CORS, "Location": place, "ETag": _tag(token), "Accept-Patch": FRAGMENT_TYPE}
        response = Response(answer, 201, headers, OFFER_TYPE)
        for link in self._links:
            response.headers.append(*link)
        return response

    async def _trickle(self, request: Request, token: str) -> Response:
        session = self.sessions.get(token)
        if session is None:
            raise Refusal(404, "this session has ended; post a new offer")
        fragment = await self._read(request, FRAGMENT_TYPE)
        wanted = request.headers.get("If-Match")
        if wanted is None:
            raise Refusal(428, "a PATCH needs If-Match with the ETag of the session")
        try:
            ufrag, candidates = read_candidates(fragment)
            if wanted.strip() in ("*", '"*"') or session.restarts_ice(ufrag):
                raise Refusal(422, "ICE restarts are not supported; post a new offer")
            if wanted.strip() != _tag(token):
                raise Refusal(412, "If-Match does not name this session")
            for line in candidates:
                await session.add_candidate(line)
        except MalformedOffer as fault:
            raise Refusal(400, str(fault)) from fault
        return Response(status_code=204, headers=CORS)

    async def _read(self, request: Request, media_type: str) -> str:
        """The body, if it is of the right type and length."""
        given = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if given != media_type:
            raise Refusal(415, f"the body must be {media_type}, not {given or 'of no type'}", Accept=media_type)
        try:
            async with asyncio.timeout(self.limits.body_s):
                body = await self._body(request)
        except TimeoutError as fault:
            raise Refusal(408, f"the body did not come within {self.limits.body_s:g} s", Connection="close") from fault
        except ClientDisconnect as fault:
            raise Refusal(400, "the body ended early") from fault  # nobody hears it
        try:
            return body.decode()
        except UnicodeDecodeError as fault:
            raise Refusal(400, "the body is not UTF-8 text") from fault

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self.limits.body_bytes:
                raise Refusal(413, f"the body is longer than {self.limits.body_bytes} bytes")
        return bytes(body)

    async def _close_unless_connected(self, token: str) -> None:
        deadline_s = clock.now_s() + self.limits.connect_s
        while (session := self.sessions.get(token)) and session.state != "connected":
            if clock.now_s() >= deadline_s:
                await self._end(token)
                return
            await asyncio.sleep(min(1.0, max(0.01, deadline_s - clock.now_s())))

    def _end_soon(self, token: str) -> None:
        _start(self._end(token), self._endings)

    async def _end(self, token: str) -> None:
        session = self.sessions.pop(token, None)
        if session:
            await session.close()


def without_content(method: str, allow: str, extra: dict[str, str], links: list[tuple[str, str]]) -> Response:
    """Answer to what has no representation: 200 or 204 to what is allowed (RFC 9725, section 4.1), else 405."""
    headers = {**CORS, **extra, "Allow": allow}
    if method not in allow.split(", "):
        raise Refusal(405, f"{method} means nothing here; allowed are {allow}", Allow=allow)
    response = Response(status_code=200 if method == "OPTIONS" else 204, headers=headers)
    for link in links:
        response.headers.append(*link)
    return response


def _check_acceptable(request: Request) -> None:
    """The answer is SDP, whatever else a client would rather have (RFC 9110, section 12.5.1)."""
    accepted = request.headers.get("Accept", "*/*")
    ranges = {each.partition(";")[0].strip().lower() for each in accepted.split(",")}
    if not ranges & {OFFER_TYPE, "application/*", "*/*", ""}:
        raise Refusal(406, f"the answer is {OFFER_TYPE}, which your Accept leaves out")


def _start(work: Coroutine[None, None, None], running: set[asyncio.Task[None]]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    running.add(task)
    task.add_done_callback(running.discard)


def _host(request: Request) -> str:
    """Whose request it is, as far as an address tells: of IPv6 the /64, which is one home's or one host's (RFC 6177)."""
    given = request.client.host if request.client else ""
    try:
        address = ipaddress.IPv6Address(given)
    except ValueError:
        return given
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))


def _tag(token: str) -> str:
    """The session's entity tag: it names its one ICE session, which never restarts."""
    return f'"{token[:8]}"'
