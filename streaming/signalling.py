"""What WHIP and WHEP share over HTTP: an offer is posted, answered, added to and ended (RFC 9725; draft-ietf-wish-whep-03)."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import ClassVar, Generic, TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from streaming.access import Access, Denied
from streaming.ending import Ending
from streaming.ice import IceNetwork
from streaming.offer import MalformedOffer, Offer, UnplayableOffer, read_candidates
from streaming.rtp.endpoint import accept_rsa_certificates, offer_capture_times
from streaming.session import Session
from streaming.signalling_openapi import FRAGMENT_TYPE, OFFER_TYPE
from vrlive import clock
from vrlive.allowance import Allowances, party_of
from vrlive.server_config import Limits
from vrlive.tokens import Scope

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, PATCH, DELETE, OPTIONS, GET",
    "Access-Control-Allow-Headers": "Content-Type, Authorization, If-Match",
    "Access-Control-Expose-Headers": "Location, Link, ETag, Accept-Patch, WWW-Authenticate, Retry-After",
}
ENDPOINT_ALLOW, SESSION_ALLOW = "POST, GET, HEAD, OPTIONS", "PATCH, DELETE, GET, HEAD, OPTIONS"
JOINS_AT_ONCE_S = 20  # seconds' worth of joins that one address may have at once: a class opens the page
TOKEN_BYTES = 18  # of the session's address: nobody guesses 144 bits

log = logging.getLogger("streaming.signalling")

SessionT = TypeVar("SessionT", bound=Session)


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
    network
        How they reach this host, and which STUN and TURN servers they are told of.
    access
        Who is let in.
    """

    who: ClassVar[str]  # begins sessions here, in the plural

    def __init__(self, *, limits: Limits, network: IceNetwork, access: Access) -> None:
        self.limits, self.network, self.access = limits, network, access
        self.sessions: dict[str, SessionT] = {}
        self._joins = Allowances(limits.joins_per_s, JOINS_AT_ONCE_S * limits.joins_per_s)
        self._watchdogs: set[asyncio.Task[None]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        offer_capture_times()
        accept_rsa_certificates()

    async def close(self) -> None:
        """End all sessions."""
        for watchdog in self._watchdogs:
            watchdog.cancel()
        await asyncio.gather(*(self._end(token, "server ended") for token in list(self.sessions)))
        await asyncio.gather(*self._endings, *self._watchdogs, return_exceptions=True)

    async def _open(
        self, request: Request, place: str, read: Callable[[str], Offer], begin: Callable[[str, Callable[[], None]], SessionT]
    ) -> Response:
        """Answer an offer: `begin` makes the session, told whose it is and whom to tell of its end; its address is below `place`."""
        _check_acceptable(request)
        host = party_of(request.client.host if request.client else "")
        if not self._joins.take(host, clock.now_s()):
            raise self._busy(429, f"too many {self.who} at your address begin at once")
        body = await self._read(request, OFFER_TYPE)
        self._check_places(host)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session = self.sessions[token] = begin(host, lambda: self._note_gone(token))
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
            log.error("one of the %s was turned away: %s", self.who, problem := self.network.why_none())
            raise self._busy(503, problem)
        _start(self._close_unless_connected(token), self._watchdogs)
        return self._created(f"{place}/{token}", token, answer)

    async def _use(self, request: Request, token: str) -> Response:
        """Do what is asked of a session."""
        if request.method == "PATCH":
            return await self._trickle(request, token)
        if request.method == "DELETE":
            await self._end(token, "left")  # gone before or by now: either way it is as its owner wants it
            return Response(status_code=200, headers=CORS)
        return without_content(request.method, SESSION_ALLOW, {"Accept-Patch": FRAGMENT_TYPE}, [])

    def _admit(self, request: Request, scope: Scope, channel: str) -> None:
        """Let those in who may do this."""
        try:
            self.access.check(scope, channel, request.headers.get("Authorization"))
        except Denied as fault:
            raise Refusal(fault.status, str(fault), WWW_Authenticate=fault.challenge) from fault

    def _discover(self, request: Request, scope: Scope, channel: str) -> Response:
        """Say what can be posted here, and to those who may post which ICE servers there are.

        Browsers gather relayed addresses while they make the offer, so they must know before it.
        """
        try:
            self._admit(request, scope, channel)
            links = self._links()
        except Refusal:
            links = []
        return without_content(request.method, ENDPOINT_ALLOW, {"Accept-Post": OFFER_TYPE}, links)

    def _links(self) -> list[str]:
        return [server.link() for server in self.network.servers.now()]

    def _check_places(self, host: str) -> None:
        limits, hosts = self.limits, [session.host for session in self.sessions.values()]
        connecting = [session.host for session in self.sessions.values() if session.state != "connected"]
        if len(hosts) >= limits.sessions:
            raise self._busy(503, f"all {limits.sessions} places are taken")
        if hosts.count(host) >= limits.sessions_of_one:
            raise self._busy(429, f"{limits.sessions_of_one} {self.who} at your address are here already")
        if connecting.count(host) >= limits.connecting_of_one:
            raise self._busy(429, f"{limits.connecting_of_one} {self.who} at your address are still connecting")
        if len(connecting) >= limits.connecting:
            raise self._busy(503, f"{limits.connecting} {self.who} are still connecting")

    def _busy(self, status: int, problem: str) -> Refusal:
        """A refusal that may pass: 503 where the house is full, 429 where one address asks for too much (RFC 6585, section 4)."""
        wait_s = self.limits.retry_after_s
        return Refusal(status, f"{problem}; try again in {wait_s} s", Retry_After=str(wait_s))

    def _created(self, place: str, token: str, answer: str) -> Response:
        headers = {**CORS, "Location": place, "ETag": _tag(token), "Accept-Patch": FRAGMENT_TYPE}
        response = Response(answer, 201, headers, OFFER_TYPE)
        for link in self._links():
            response.headers.append("Link", link)
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
                await self._end(token, "never connected")
                return
            await asyncio.sleep(min(1.0, max(0.01, deadline_s - clock.now_s())))

    def _note_gone(self, token: str) -> None:
        """A connection has ended by itself."""
        session = self.sessions.get(token)
        self._end_soon(token, session.gone if session else None)

    def _end_soon(self, token: str, why: Ending | None = None) -> None:
        _start(self._end(token, why), self._endings)

    async def _end(self, token: str, why: Ending | None = None) -> None:
        """End a session, if it has not ended; None: it never was one, for its offer was refused."""
        session = self.sessions.pop(token, None)
        if session:
            if why:
                session.note_ending(why)
            await session.close()


def without_content(method: str, allow: str, extra: dict[str, str], links: list[str]) -> Response:
    """Answer to what has no representation: 200 or 204 to what is allowed (RFC 9725, section 4.1), else 405."""
    headers = {**CORS, **extra, "Allow": allow}
    if method not in allow.split(", "):
        raise Refusal(405, f"{method} means nothing here; allowed are {allow}", Allow=allow)
    response = Response(status_code=200 if method == "OPTIONS" else 204, headers=headers)
    for link in links:
        response.headers.append("Link", link)
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


def _tag(token: str) -> str:
    """The session's entity tag: it names its one ICE session, which never restarts."""
    return f'"{token[:8]}"'
