"""How many requests one address may make, whatever it asks for: more are answered with 429 (RFC 6585, section 4)."""

from typing import Final

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from vrlive import clock
from vrlive.allowance import Allowances, party_of
from vrlive.server_config import Limits

AT_ONCE_S: Final = 10  # seconds' worth of requests that may come at once: the pages' own files, for many behind one NAT
PROBLEM: Final = "too many requests come from your address"


class LimitRequests:
    """Middleware that counts requests by address, and answers those that are too many before anything else is done for them."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._wait_s = app, limits.retry_after_s
        self._allowed = Allowances(limits.requests_per_s, AT_ONCE_S * limits.requests_per_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102  (ASGI)
        client = scope.get("client")
        if scope["type"] != "http" or self._allowed.take(party_of(client[0] if client else ""), clock.now_s()):
            await self._app(scope, receive, send)
            return
        headers = {"Retry-After": str(self._wait_s), "Access-Control-Allow-Origin": "*", "Connection": "close"}
        refusal = JSONResponse({"error": f"{PROBLEM}; try again in {self._wait_s} s"}, 429, headers)
        await refusal(scope, receive, send)
