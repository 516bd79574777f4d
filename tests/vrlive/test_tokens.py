import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from vrlive.errors import ServeError
from vrlive.tokens import BadToken, WrongScope, access_secret, check_token, make_token, parse_duration_s

SECRET = "0123456789abcdef" * 2
NOW = 1_800_000_000.0


def signed(claims: Any, header: Any = None, secret: str = SECRET) -> str:
    """A token as RFC 7515, appendix A.1, makes it, without a line of ours."""

    def pack(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    text = ".".join(pack(json.dumps(part).encode()) for part in (header or {"alg": "HS256"}, claims))
    return f"{text}.{pack(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


GOOD = {"sub": "demo", "scope": "watch", "exp": NOW + 60}


def test_a_token_allows_what_it_was_made_for_until_it_expires() -> None:
    token = make_token(SECRET, "demo", "watch", NOW + 60)
    check_token(SECRET, token, "demo", "watch", NOW)
    check_token(SECRET, token, "demo", "watch", NOW + 59.9)
    with pytest.raises(BadToken, match="expired"):
        check_token(SECRET, token, "demo", "watch", NOW + 60)
    with pytest.raises(WrongScope, match="another channel"):
        check_token(SECRET, token, "other", "watch", NOW)
    with pytest.raises(WrongScope, match="publish"):
        check_token(SECRET, token, "demo", "publish", NOW)


def test_tokens_of_other_makers_are_taken() -> None:
    check_token(SECRET, signed(GOOD), "demo", "watch", NOW)
    check_token(SECRET, signed(GOOD | {"scope": "publish watch", "nbf": NOW - 1, "iss": "a shop"}), "demo", "publish", NOW)


def test_ours_are_what_others_would_make() -> None:
    assert make_token(SECRET, "demo", "watch", NOW + 60) == signed_compactly({"sub": "demo", "scope": "watch", "exp": int(NOW + 60)})


def signed_compactly(claims: dict[str, Any]) -> str:
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


BAD = {
    "nothing": "",
    "one part": "abc",
    "two parts": "abc.def",
    "four parts": signed(GOOD) + ".x",
    "another secret": signed(GOOD, secret=SECRET[::-1]),
    "no signature": signed(GOOD).rpartition(".")[0] + ".",
    "a cut signature": signed(GOOD)[:-2],
    "the algorithm none": signed(GOOD, {"alg": "none"}),
    "another algorithm": signed(GOOD, {"alg": "HS512"}),
    "no algorithm": signed(GOOD, {"typ": "JWT"}),
    "extensions that must be understood": signed(GOOD, {"alg": "HS256", "crit": ["b64"], "b64": False}),
    "no end": signed({"sub": "demo", "scope": "watch"}),
    "an end of letters": signed(GOOD | {"exp": "never"}),
    "an end that is true": signed(GOOD | {"exp": True}),
    "no end at all": signed(GOOD | {"exp": float("inf")}),
    "a list of claims": signed([GOOD]),
    "claims too deep": signed(GOOD).split(".")[0] + "." + base64.urlsafe_b64encode(b"[" * 2000).decode().rstrip("=") + ".AAAA",
    "not good yet": signed(GOOD | {"nbf": NOW + 1}),
    "blanks": f" {signed(GOOD)}",
    "letters of others": signed(GOOD) + "ä",
    "too long": signed(GOOD | {"x": "y" * 5000}),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_ours_is_refused(name: str) -> None:
    with pytest.raises(BadToken) as refused:
        check_token(SECRET, BAD[name], "demo", "watch", NOW)
    assert str(refused.value).isascii(), "it goes into a header"
    assert not isinstance(refused.value, WrongScope)


@pytest.mark.parametrize("scope", ["", "watching", None, 3, ["watch"]])
def test_what_a_scope_does_not_say_is_not_allowed(scope: Any) -> None:
    with pytest.raises(WrongScope):
        check_token(SECRET, signed(GOOD | {"scope": scope}), "demo", "watch", NOW)


def test_times_are_read() -> None:
    assert [parse_duration_s(text) for text in ("90s", "30m", "2h", "7d")] == [90, 1800, 7200, 604_800]
    for text in ("", "2", "h", "0h", "-1h", "2 weeks", "1.5h", "99999d", "٣h"):
        with pytest.raises(ValueError, match="such as 2h"):
            parse_duration_s(text)


def test_the_secret_comes_from_a_file_the_environment_or_is_made(tmp_path: Path) -> None:
    made = access_secret(tmp_path / "state", None, None)
    assert len(made) >= 32
    assert access_secret(tmp_path / "state", None, None) == made
    assert (tmp_path / "state" / "access.secret").stat().st_mode & 0o777 == 0o600
    assert access_secret(tmp_path, SECRET, None) == SECRET
    (tmp_path / "own").write_text(f"{SECRET[::-1]}\n", "utf-8")
    assert access_secret(tmp_path, SECRET, str(tmp_path / "own")) == SECRET[::-1]


def test_a_weak_secret_is_refused_without_being_told(tmp_path: Path) -> None:
    (tmp_path / "weak").write_text("hunter2\n", "utf-8")
    (tmp_path / "no text").write_bytes(b"\xff" * 40)
    for given, file in (
        ("hunter2", None),
        (None, str(tmp_path / "weak")),
        (None, str(tmp_path / "no text")),
        (None, str(tmp_path / "gone")),
    ):
        with pytest.raises(ServeError) as refused:
            access_secret(tmp_path, given, file)
        assert "hunter2" not in str(refused.value)
        assert file is None or file in str(refused.value)
