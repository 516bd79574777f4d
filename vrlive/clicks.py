"""Links to a shop that say where who follows them came from: UTM parameters, and a click id that is signed.

A shop that reports an order sends the click id back; who has the secret can tell that it is one of ours, which channel and product it was
for, and when it was handed out. It tells nothing of the viewer.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode

from vrlive.secret import given_secret, kept_secret

VARIABLE: Final = "VRLIVE_CLICK_SECRET"
SHORTEST: Final = 32  # characters: as long as the hash
PARAMETER: Final = "vrlive_click"
NONCE_BYTES: Final = 6  # two of one second are alike once in 10¹⁴
_TIME_BYTES: Final = 5  # Unix time until the year 36812
_SIGNATURE_BYTES: Final = 16


def click_secret(folder: Path, given: str | None) -> str:
    """The secret that signs click ids: `given` by the environment, or our own, kept in `folder`.

    Raises
    ------
    ServeError
        If it is too short, or the file cannot be read or written.
    """
    if given is not None:
        return given_secret(VARIABLE, given, SHORTEST)
    return kept_secret(folder / "clicks.secret", SHORTEST, "secret that signs links to shops", VARIABLE)


@dataclass(frozen=True)
class ClickSecret:
    """What signs click ids."""

    secret: str

    def link(self, url: str, channel: str, product: str, now_unix_s: float, nonce: bytes) -> str:
        """A shop's link with its origin added; what it holds already stays as it is.

        Parameters
        ----------
        nonce
            `NONCE_BYTES` random bytes.
        """
        address, fragment_mark, fragment = url.partition("#")
        bare, _, query = address.partition("?")
        there = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
        added = {"utm_source": "vrlive", "utm_medium": "live", "utm_campaign": channel, "utm_content": product}
        added = {name: value for name, value in added.items() if name not in there}
        added[PARAMETER] = self._click_id(channel, product, now_unix_s, nonce)
        joined = "&".join(part for part in (query.rstrip("&"), urlencode(added)) if part)
        return f"{bare}?{joined}{fragment_mark}{fragment}"

    def issued_unix_s(self, click_id: str, channel: str, product: str) -> int | None:
        """When a click id was handed out for a channel's product; None: it never was."""
        try:
            data = base64.b64decode(click_id.encode("ascii") + b"=" * (-len(click_id) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            return None
        head, signature = data[: _TIME_BYTES + NONCE_BYTES], data[_TIME_BYTES + NONCE_BYTES :]
        if not hmac.compare_digest(signature, self._signature(channel, product, head)):
            return None
        return int.from_bytes(head[:_TIME_BYTES])

    def _click_id(self, channel: str, product: str, now_unix_s: float, nonce: bytes) -> str:
        assert len(nonce) == NONCE_BYTES
        head = int(now_unix_s).to_bytes(_TIME_BYTES) + nonce
        return base64.urlsafe_b64encode(head + self._signature(channel, product, head)).rstrip(b"=").decode()

    def _signature(self, channel: str, product: str, head: bytes) -> bytes:
        signed = b"\0".join((b"click", channel.encode(), product.encode(), head))
        return hmac.digest(self.secret.encode(), signed, "sha256")[:_SIGNATURE_BYTES]
