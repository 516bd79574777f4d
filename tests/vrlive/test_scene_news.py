"""What viewers are told who draw garments themselves."""

import io
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from renderer.light import Light
from renderer.standing import Shown
from vrlive.colour import to_light
from vrlive.errors import LinkError
from vrlive.scene_news import Herald, event_of, light_news
from vrlive.show.scene import Garment, model_matrix

WALL_S = 1_790_000_000.0


def room() -> Light:
    """Dark, with a lamp four times as bright as white can be, to the right."""
    radiance = np.full((64, 128, 3), 0.1, np.float32)
    radiance[20:30, 90:100] = (4.0, 3.0, 2.0)
    return Light.from_radiance(radiance)


def test_light_comes_as_harmonics_and_as_a_strip_that_holds_its_lamps() -> None:
    light = room()
    event = event_of(*light_news(light, 12.5), WALL_S)
    assert (event["type"], event["at_ms"]) == ("light", (WALL_S + 12.5) * 1e3)
    np.testing.assert_allclose(event["sh"], light.irradiance, atol=1e-4)
    strip = np.asarray(Image.open(io.BytesIO(b64decode(event["strip"]))))
    assert strip.shape == (32, 64, 3)
    seen = to_light(strip / 255) * event["peak"]
    np.testing.assert_allclose(seen, light.radiance.reshape(32, 2, 64, 2, 3).mean(axis=(1, 3)), rtol=0.02, atol=0.01)
    assert len(json.dumps(event)) < 16_000


def test_news_are_told_when_there_are_any_with_the_time_of_their_picture(tmp_path: Path) -> None:
    told = list[tuple[dict[str, Any], bytes]]()
    herald = Herald(lambda news, picture: told.append((news, picture)))
    coat = Garment(name="coat", model=tmp_path / "coat.glb", bearing_deg=30, distance_m=2)
    light, shown = room(), {"coat": Shown("camel", coat, visible=True)}
    herald.look(1.0, light, shown, 1.6)
    herald.look(1.04, light, dict(shown), 1.6)
    assert [(news["what"], news["captured_s"]) for news, _ in told] == [("light", 1.0), ("poses", 1.0)]
    turned = coat.model_copy(update={"turn_deg": 90.0})
    herald.look(1.08, light, {"coat": Shown("camel", turned, visible=False)}, 1.6)
    herald.look(1.12, room(), {"coat": Shown("camel", turned, visible=False)}, 1.6)
    assert [(news["what"], news["captured_s"]) for news, _ in told[2:]] == [("poses", 1.08), ("light", 1.12)]
    event = event_of(*told[2], WALL_S)
    assert (event["type"], event["at_ms"], event["time_s"]) == ("poses", (WALL_S + 1.08) * 1e3, 1.08)
    assert event["garments"]["coat"]["visible"] is False
    np.testing.assert_allclose(np.reshape(event["garments"]["coat"]["matrix"], (4, 4)).T, model_matrix(turned, 1.6), atol=1e-6)


@pytest.mark.parametrize(
    ("news", "picture"),
    [
        ({}, b""),
        ({"what": "rain", "captured_s": 1.0}, b""),
        ({"what": "light", "captured_s": "now", "sh": [[0, 0, 0]] * 9, "peak": 1}, b""),
        ({"what": "light", "captured_s": 1.0, "sh": [[0, 0, 0]] * 8, "peak": 1}, b""),
        ({"what": "light", "captured_s": 1.0, "sh": [[0, 0, 0]] * 9, "peak": 1}, bytes(100_000)),
        ({"what": "poses", "captured_s": 1.0, "garments": {"coat": {"variant": "", "matrix": [1], "visible": True}}}, b""),
    ],
)
def test_news_that_make_no_sense_are_refused(news: dict[str, Any], picture: bytes) -> None:
    with pytest.raises(LinkError):
        event_of(news, picture, WALL_S)
