"""A channel whose show lies in a folder, and the routes to it."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from streaming.access import Access
from vrlive.api.control import only_with
from vrlive.api.server import create_app
from vrlive.api.show import Shows
from vrlive.clicks import ClickSecret
from vrlive.config import CameraConfig, ChannelConfig, ProgrammeConfig
from vrlive.server_config import AccessConfig
from vrlive.showcase import Showcase

TOKEN = "a long token for these tests"
SECRET = "a secret that signs what viewers may see"
CLICKS = ClickSecret("a secret of thirty-two characters")
WITH_IT = {"Authorization": f"Bearer {TOKEN}"}
PLACE = "/api/v1/channels/stage"
PRODUCTS = """
brand = "Tessellane"
[[product]]
id = "coat"
name = "Coat <b>&amp;"
price = 45900
link = "https://shop.example/coat?colour=camel#top"
images = ["coat.png"]
garment = "coat"
[[product.variant]]
id = "camel"
name = "Camel"
gltf_variant = "camel"
swatch = "#b58a5a"
size = [{ name = "S", sku = "C-S", stock = 3 }, { name = "M", sku = "C-M" }]
[[product]]
id = "dress"
name = "Dress"
price = 28900
currency = "JPY"
garment = "dress"
"""
SCENE = """
name = "stage"
title = "Stage"
[[garment]]
name = "coat"
model = "{scenes}/boutique/coat.glb"
bearing_deg = -22
distance_m = 2.7
turn_deg = 12
[[garment]]
name = "dress"
model = "{scenes}/showroom/dress.glb"
variant = "ink"
deliver = "burned"
position_m = [1, -1.6, -2]
"""


@dataclass
class Stage:
    """A channel whose files lie in a folder."""

    show: Showcase
    folder: Path
    events: list[dict[str, object]]


def config(folder: Path, **programme: str) -> ChannelConfig:
    camera = CameraConfig(name="front", url="none.png")
    told = ProgrammeConfig.model_validate(programme)
    return ChannelConfig(name="stage", title="Spring", rig="equirect", scene=str(folder / "scene.toml"), camera=(camera,), programme=told)


def write(folder: Path, products: str = PRODUCTS) -> None:
    (folder / "products.toml").write_text(products, "utf-8")


def client_of(stage: Stage, *, watch: str = "open") -> httpx.AsyncClient:
    access = Access(AccessConfig.model_validate({"watch": watch}), SECRET)
    shows = Shows({"stage": stage}, access, only_with(TOKEN), CLICKS)
    app = create_app({}, control_token=TOKEN, routers=[shows.router])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://vrlive")
