"""What viewers need who draw garments themselves, over the clean feed: the light of the room, what garments wear and where they stand.

The engine says it with the capture time of the picture it belongs to, delivery passes it on as messages of the data channel.
"""

import io
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

import numpy as np
from PIL import Image
from pydantic import BaseModel, Field, FiniteFloat, TypeAdapter, ValidationError

from renderer.light import Floats, Light
from renderer.standing import Shown
from vrlive.colour import from_light
from vrlive.errors import LinkError
from vrlive.show.scene import model_matrix

STRIP_BYTES: Final = 16 * 1024  # 64 × 32 pixels take 6 KB uncompressed

News = tuple[dict[str, Any], bytes]
Three = tuple[FiniteFloat, FiniteFloat, FiniteFloat]


class LightNews(BaseModel):
    """The room's light, as garments in the burned picture are drawn in it."""

    what: Literal["light"]
    captured_s: FiniteFloat
    sh: Annotated[list[Three], Field(min_length=9, max_length=9)]
    peak: FiniteFloat


class Pose(BaseModel):
    """A garment."""

    variant: Annotated[str, Field(max_length=200)]
    matrix: Annotated[list[FiniteFloat], Field(min_length=16, max_length=16)]
    visible: bool


class PosesNews(BaseModel):
    """All garments."""

    what: Literal["poses"]
    captured_s: FiniteFloat
    garments: Annotated[dict[str, Pose], Field(max_length=64)]


_NEWS: Final = TypeAdapter[LightNews | PosesNews](Annotated[LightNews | PosesNews, Field(discriminator="what")])


class Herald:
    """In the engine: tells news of the scene when there are any.

    Parameters
    ----------
    tell
        Takes what is said and a small picture; must not block.
    """

    def __init__(self, tell: Callable[[dict[str, Any], bytes], None]) -> None:
        self._tell = tell
        self._light: Light | None = None
        self._garments: Mapping[str, Shown] = {}

    def look(self, captured_s: float, light: Light, garments: Mapping[str, Shown], floor_m: float) -> None:
        """See whether the picture taken at `captured_s` shows another light or other garments than the one before."""
        if light is not self._light:
            self._light = light
            self._tell(*light_news(light, captured_s))
        if garments != self._garments:
            self._garments = garments
            self._tell(poses_news(garments, floor_m, captured_s), b"")


def light_news(light: Light, captured_s: float) -> News:
    """Light as it is said: harmonics, and a strip of what the room looks like, 64 × 32 pixels, coded as sRGB shares of `peak`."""
    strip, peak = strip_of(light.radiance)
    sh = [[round(float(each), 5) for each in row] for row in light.irradiance]
    return {"what": "light", "captured_s": captured_s, "sh": sh, "peak": round(peak, 4)}, strip


def strip_of(radiance: Floats) -> tuple[bytes, float]:
    """A PNG of half the size, and the linear light of its full white."""
    height, width, _ = radiance.shape
    half = radiance.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
    peak = max(float(half.max()), 1e-3)
    file = io.BytesIO()
    Image.fromarray(np.rint(from_light(half / peak) * 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue(), peak


def poses_news(garments: Mapping[str, Shown], floor_m: float, captured_s: float) -> dict[str, Any]:
    """Poses as they are said: model to world, column by column."""
    poses = {
        name: {
            "variant": shown.variant,
            "matrix": [round(float(each), 6) for each in model_matrix(shown.garment, floor_m).T.ravel()],
            "visible": shown.visible,
        }
        for name, shown in garments.items()
    }
    return {"what": "poses", "captured_s": captured_s, "garments": poses}


def event_of(news: dict[str, Any], picture: bytes, wall_offset_s: float) -> dict[str, Any]:
    """In delivery: the message that viewers are sent. ``at_ms`` is Unix time on this host's clock, as in abs-capture-time.

    Raises
    ------
    LinkError
        If the engine says something else.
    """
    try:
        said = _NEWS.validate_python(news)
    except ValidationError as fault:
        raise LinkError(f"the engine's news of the scene cannot be read: {fault.error_count()} faults") from fault
    if len(picture) > STRIP_BYTES:
        raise LinkError(f"the engine sent a strip of {len(picture)} bytes")
    event = said.model_dump(mode="json", exclude={"what", "captured_s"})
    at_ms = round((said.captured_s + wall_offset_s) * 1e3, 3)
    if isinstance(said, LightNews):
        return {"type": "light", "at_ms": at_ms, **event, "strip": b64encode(picture).decode()}
    return {"type": "poses", "at_ms": at_ms, "time_s": said.captured_s, **event}
