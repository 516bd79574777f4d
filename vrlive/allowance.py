"""How much somebody may do in a while: a token bucket, and one for each address."""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_network
from typing import Final

KEPT: Final = 20_000  # addresses; who is forgotten starts anew, and to make us forget one takes as many others


class Allowance:
    """What one may do: so much at once, and so much more each second.

    Parameters
    ----------
    rate
        Actions a second.
    burst
        Actions at once.
    now_s
        The time on any clock that the later calls use, too.
    """

    __slots__ = ("_burst", "_left", "_rate", "_seen_s")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst, self._left, self._seen_s = rate, burst, burst, now_s

    def take(self, now_s: float) -> bool:
        """Whether one more is allowed; it is then taken."""
        self._left = min(self._burst, self._left + (now_s - self._seen_s) * self._rate)
        self._seen_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Allowances:
    """An allowance for each address: `rate` and `burst` as for `Allowance`."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, max(burst, 1.0)
        self._of: OrderedDict[str, Allowance] = OrderedDict()

    def take(self, host: str, now_s: float) -> bool:
        """Whether this address is allowed one more; it is then taken."""
        found = self._of.get(host) or self._of.setdefault(host, Allowance(self._rate, self._burst, now_s))
        self._of.move_to_end(host)
        if len(self._of) > KEPT:
            self._of.popitem(last=False)
        return found.take(now_s)


def party_of(address: str) -> str:
    """Whose an address is, as far as it tells: of IPv6 the /64, which is one home's or one host's (RFC 6177)."""
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or ip_network((int(found), 64), strict=False))
