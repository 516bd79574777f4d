"""What OpenAPI says of WHIP and WHEP: bodies and answers that a framework cannot know, for the endpoints read them themselves."""

from typing import Any

OFFER_TYPE, FRAGMENT_TYPE = "application/sdp", "application/trickle-ice-sdpfrag"

Described = dict[str, Any]

_TEXT: Described = {"schema": {"type": "string"}}
_REFUSAL: Described = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {"type": "string", "description": "What is wrong and what would be right."}},
        }
    }
}
_BODY_REFUSED = {
    400: "The body is malformed.",
    404: "No such channel, camera or session.",
    408: "The body did not come in time.",
    413: "The body is too long.",
    415: "The body is of another media type.",
}
_BUSY = {
    429: "This address asks for too much; see Retry-After.",
    503: "No place is free; see Retry-After.",
}


def _header(meaning: str) -> Described:
    return {"description": meaning, "schema": {"type": "string"}}


def _body(media_type: str) -> Described:
    return {"requestBody": {"required": True, "content": {media_type: _TEXT}}}


def _refusals(meanings: dict[int, str]) -> dict[int | str, Described]:
    return {status: {"description": meaning, "content": _REFUSAL} for status, meaning in meanings.items()}


def _offer(summary: str, refusals: dict[int, str]) -> Described:
    return {
        "summary": summary,
        "status_code": 201,
        "openapi_extra": _body(OFFER_TYPE),
        "responses": {
            201: {
                "description": "The answer, with all of the server's candidates.",
                "content": {OFFER_TYPE: _TEXT},
                "headers": {
                    "Location": _header("The session: PATCH candidates to it, DELETE it to end it."),
                    "ETag": _header("What If-Match of a PATCH must hold."),
                    "Link": _header("STUN and TURN servers, rel=ice-server."),
                },
            },
            **_refusals(
                {**_BODY_REFUSED, 406: "Accept leaves SDP out.", **_BUSY, **refusals},
            ),
        },
    }


WATCH = _offer(
    "Watch: SDP offer in, answer out",
    {
        401: "A token is needed, and there is none, or a wrong one; see WWW-Authenticate.",
        403: "The token is for something else.",
        422: "The offer is sound, but cannot be played.",
    },
)
PUBLISH = _offer(
    "Publish a camera: SDP offer in, answer out",
    {
        401: "Without a token, or with a wrong one.",
        403: "The token does not allow to publish this camera.",
        409: "The camera is opened by its own address: its url is not whip:.",
        422: "The offer is sound, but holds no video that can be taken.",
    },
)
TRICKLE: Described = {
    "summary": "Add ICE candidates to a session",
    "status_code": 204,
    "openapi_extra": {
        **_body(FRAGMENT_TYPE),
        "parameters": [{"name": "If-Match", "in": "header", "required": True, **_header("The session's ETag.")}],
    },
    "responses": {
        204: {"description": "Taken."},
        **_refusals(
            {**_BODY_REFUSED, 412: "If-Match names another session.", 422: "ICE restarts are not supported.", 428: "If-Match is missing."}
        ),
    },
}
END: Described = {
    "summary": "End a session",
    "responses": {200: {"description": "It has ended, now or before."}, **_refusals({404: "No such channel."})},
}
