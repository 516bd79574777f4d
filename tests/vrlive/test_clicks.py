"""Links to shops: what is added, what stays, and what cannot be forged."""

import random
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from vrlive.clicks import NONCE_BYTES, PARAMETER, ClickSecret

CLICKS = ClickSecret("a secret of thirty-two characters")
NONCE = bytes(range(NONCE_BYTES))
NOW = 1_790_000_000.7


def link(url: str, channel: str = "boutique", product: str = "coat") -> str:
    return CLICKS.link(url, channel, product, NOW, NONCE)


def click_id(url: str) -> str:
    return parse_qs(urlsplit(url).query)[PARAMETER][0]


def test_a_link_says_where_its_visitor_came_from() -> None:
    parts = urlsplit(link("https://shop.example/coat"))
    said = dict(parse_qsl(parts.query))
    assert {name: said[name] for name in said if name != PARAMETER} == {
        "utm_source": "vrlive",
        "utm_medium": "live",
        "utm_campaign": "boutique",
        "utm_content": "coat",
    }
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "shop.example", "/coat")


@pytest.mark.parametrize(
    ("before", "head", "tail"),
    [
        ("https://s.example/", "https://s.example/?utm_source=vrlive&", ""),
        ("https://s.example/?", "https://s.example/?utm_source=vrlive&", ""),
        ("https://s.example/a?b=1&c=%2B+d", "https://s.example/a?b=1&c=%2B+d&utm_source=vrlive&", ""),
        ("https://s.example/a?b&c=&", "https://s.example/a?b&c=&utm_source=vrlive&", ""),
        ("https://s.example/a#size=S", "https://s.example/a?utm_source=vrlive&", "#size=S"),
        ("https://s.example/a?b=1#x?y=2&z#", "https://s.example/a?b=1&utm_source=vrlive&", "#x?y=2&z#"),
        ("https://s.example/?utm_source=letter", "https://s.example/?utm_source=letter&utm_medium=live&", ""),
    ],
)
def test_what_a_link_holds_already_stays_as_it_is(before: str, head: str, tail: str) -> None:
    after = link(before)
    assert after.startswith(head)
    assert after.endswith(tail)
    assert len(parse_qs(urlsplit(after).query)[PARAMETER]) == 1


def test_any_query_comes_through() -> None:
    chance = random.Random(3986)
    for _ in range(500):
        query = "".join(chance.choice("ab=&%2B+;?/:@!$'()*,~.") for _ in range(chance.randrange(20)))
        fragment = "".join(chance.choice("ab=&?#/%23") for _ in range(chance.randrange(6)))
        before = f"https://s.example/p?{query}" + (f"#{fragment}" if fragment else "")
        after = urlsplit(link(before))
        assert after.query.startswith(query.rstrip("&"))
        assert after.fragment == urlsplit(before).fragment
        assert [each for each in parse_qsl(after.query, keep_blank_values=True) if each[0] == PARAMETER]


def test_our_click_ids_are_known_again_and_say_when() -> None:
    mine = click_id(link("https://s.example/"))
    assert CLICKS.issued_unix_s(mine, "boutique", "coat") == 1_790_000_000
    assert mine.isascii()
    assert mine != click_id(CLICKS.link("https://s.example/", "boutique", "coat", NOW, NONCE[::-1]))


def test_a_click_id_is_good_for_one_product_of_one_channel_and_one_secret() -> None:
    mine = click_id(link("https://s.example/"))
    assert CLICKS.issued_unix_s(mine, "boutique", "dress") is None
    assert CLICKS.issued_unix_s(mine, "runway", "coat") is None
    assert CLICKS.issued_unix_s(click_id(link("https://s.example/", "bou", "tiquecoat")), "boutique", "coat") is None
    assert ClickSecret("another secret of 32 characters!!").issued_unix_s(mine, "boutique", "coat") is None


def test_no_changed_or_made_up_click_id_is_ours() -> None:
    chance = random.Random(7)
    mine = click_id(link("https://s.example/"))
    for at in range(len(mine)):
        other = mine[:at] + ("A" if mine[at] != "A" else "B") + mine[at + 1 :]
        assert CLICKS.issued_unix_s(other, "boutique", "coat") is None
    for text in (
        "",
        "=",
        "ä",
        "A" * 10_000,
        mine + "A",
        mine[:-1],
        "\0",
        *("".join(chance.choice("Aa0-_") for _ in range(36)) for _ in range(99)),
    ):
        assert CLICKS.issued_unix_s(text, "boutique", "coat") is None
