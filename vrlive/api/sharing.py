"""What other sites read of a channel: a head for search engines and social networks, and an answer for those that embed it.

Open Graph (ogp.me), schema.org's BroadcastEvent and Product as JSON-LD, oEmbed 1.0 (oembed.com).
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final
from urllib.parse import quote, urlsplit

from vrlive.api.show_models import ShowProduct

WIDE, HIGH = 960, 540  # of a frame whose size nobody limits
LEAST_WIDE, LEAST_HIGH = 320, 240  # smaller ones have no room for their buttons
ALLOWED: Final = "autoplay; fullscreen; xr-spatial-tracking; gyroscope; accelerometer; magnetometer; screen-wake-lock; web-share"
_PLACE: Final = re.compile(r"/(?:watch|embed)/([^/]+)/?")


@dataclass(frozen=True, slots=True)
class Billing:
    """How a channel is announced.

    Attributes
    ----------
    image
        Path of its poster on this server; None: it has none.
    starts_unix_s, ends_unix_s
        When; None: nobody said.
    live
        Whether its pictures are on air.
    """

    name: str
    title: str
    description: str = ""
    host: str = ""
    brand: str = ""
    image: str | None = None
    starts_unix_s: float | None = None
    ends_unix_s: float | None = None
    live: bool = False
    products: tuple[ShowProduct, ...] = ()

    @property
    def words(self) -> str:
        """A sentence about it."""
        return self.description or f"{self.title}, live and all around you."


def announced(page: str, billing: Billing, site: str) -> str:
    """A page of ours with the channel's head.

    Parameters
    ----------
    page
        HTML with a head of its own; its title and its description are replaced.
    billing
        What the head shall say.
    site
        The address of this server as the visitor has it, without a slash at its end.
    """
    page = re.sub(r"<title>.*?</title>", lambda _: f"<title>{escape(billing.title)}</title>", page, count=1, flags=re.DOTALL)
    page = re.sub(r'\s*<meta name="description"[^>]*>', "", page, count=1)
    return page.replace("</head>", f"{head(billing, site)}  </head>", 1)


def head(billing: Billing, site: str) -> str:
    """The elements of a head that say what a channel is, one a line."""
    watch, embed = addresses(billing.name, site)
    image = site + billing.image if billing.image else None
    properties = {
        "og:type": "video.other",
        "og:site_name": "vrlive",
        "og:title": billing.title,
        "og:description": billing.words,
        "og:url": watch,
        "og:image": image,
        "og:video": embed,
        "og:video:secure_url": embed if embed.startswith("https:") else None,
        "og:video:type": "text/html",
        "og:video:width": str(WIDE),
        "og:video:height": str(HIGH),
    }
    names = {
        "description": billing.words,
        "twitter:card": "player" if embed.startswith("https:") else "summary_large_image",
        "twitter:title": billing.title,
        "twitter:description": billing.words,
        "twitter:image": image,
        "twitter:player": embed if embed.startswith("https:") else None,
        "twitter:player:width": str(WIDE),
        "twitter:player:height": str(HIGH),
    }
    oembed = f"{site}/oembed?url={quote(watch, safe='')}"
    lines = [f'<meta name="{name}" content="{escape(text)}" />' for name, text in names.items() if text]
    lines += [f'<meta property="{name}" content="{escape(text)}" />' for name, text in properties.items() if text]
    lines.append(f'<link rel="canonical" href="{escape(watch)}" />')
    lines.append(f'<link rel="alternate" type="application/json+oembed" href="{escape(oembed)}" title="{escape(billing.title)}" />')
    lines.append(f'<script type="application/ld+json">{_as_data(structured(billing, site))}</script>')
    return "".join(f"    {line}\n" for line in lines)


def structured(billing: Billing, site: str) -> dict[str, Any]:
    """The channel's broadcast and what is sold in it, as schema.org has them."""
    watch, embed = addresses(billing.name, site)
    image = site + billing.image if billing.image else None
    video = {
        "@type": "VideoObject",
        "name": billing.title,
        "description": billing.words,
        "thumbnailUrl": image,
        "uploadDate": _when(billing.starts_unix_s),
        "embedUrl": embed,
        "url": watch,
    }
    broadcast = {
        "@type": "BroadcastEvent",
        "name": billing.title,
        "description": billing.words,
        "url": watch,
        "image": image,
        "isLiveBroadcast": billing.live or None,
        "videoFormat": "360",
        "startDate": _when(billing.starts_unix_s),
        "endDate": _when(billing.ends_unix_s),
        "performer": {"@type": "Person", "name": billing.host} if billing.host else None,
        "organizer": {"@type": "Organization", "name": billing.brand} if billing.brand else None,
        "location": {"@type": "VirtualLocation", "url": watch},
        "recordedIn": video,
    }
    return {"@context": "https://schema.org", "@graph": [_said(broadcast), *(_said(_product(each, site)) for each in billing.products)]}


def oembed(billing: Billing, site: str, most_wide: int | None, most_high: int | None) -> dict[str, Any]:
    """What an oEmbed consumer is told (oembed.com, section 2.3.4): a video as wide and high as there is room for, 16:9 if it can be."""
    wide = min(WIDE, most_wide or WIDE, (most_high or HIGH) * WIDE // HIGH)
    wide = min(max(wide, LEAST_WIDE), most_wide or wide)
    high = min(max(wide * HIGH // WIDE, LEAST_HIGH), most_high or HIGH)
    _, embed = addresses(billing.name, site)
    frame = (
        f'<iframe src="{escape(embed)}" width="{wide}" height="{high}" title="{escape(billing.title)}" allow="{ALLOWED}" '
        'allowfullscreen loading="lazy" style="border:0"></iframe>'
    )
    answer = {
        "version": "1.0",
        "type": "video",
        "title": billing.title,
        "provider_name": "vrlive",
        "provider_url": f"{site}/",
        "author_name": billing.brand or billing.host or None,
        "html": frame,
        "width": wide,
        "height": high,
    }
    return _said(answer)


def addresses(channel: str, site: str) -> tuple[str, str]:
    """Where a channel is watched, and where it is embedded from."""
    return f"{site}/watch/{quote(channel)}", f"{site}/embed/{quote(channel)}"


def channel_at(url: str, site: str) -> str | None:
    """The channel that an address of ours shows; empty: the first there is; None: it is none of ours."""
    try:
        parts, ours = urlsplit(url), urlsplit(site)
    except ValueError:
        return None
    if parts.netloc.lower() != ours.netloc.lower() or parts.scheme not in ("http", "https"):
        return None
    if parts.path in ("", "/"):
        return ""
    found = _PLACE.fullmatch(parts.path)
    return found[1] if found else None


def _product(product: ShowProduct, site: str) -> dict[str, Any]:
    sizes = [size for variant in product.variants for size in variant.sizes]
    there = not sizes or any(size.stock != 0 for size in sizes)
    return {
        "@type": "Product",
        "name": product.name,
        "description": product.description or None,
        "image": [site + each for each in product.images] or None,
        "brand": {"@type": "Brand", "name": product.brand} if product.brand else None,
        "color": [variant.name for variant in product.variants] or None,
        "offers": _said(
            {
                "@type": "Offer",
                "price": product.price.in_units,
                "priceCurrency": product.price.currency,
                "availability": f"https://schema.org/{'InStock' if there else 'OutOfStock'}",
                "url": product.link,
            }
        ),
    }


def _said(what: dict[str, Any]) -> dict[str, Any]:
    """Without what nobody knows."""
    return {key: value for key, value in what.items() if value is not None}


def _when(unix_s: float | None) -> str | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds")


def _as_data(what: dict[str, Any]) -> str:
    """JSON that cannot end the element it stands in (HTML, section 4.12.1.3)."""
    text = json.dumps(what, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
