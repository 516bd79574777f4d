"""What the API says of a show: what stands where, what can be bought, what is pinned."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from vrlive.show.money import Money
from vrlive.toml import Section


class ShowGarment(BaseModel):
    """A garment of the scene: where it stands, and where to get its model."""

    name: str
    title: str
    variant: Annotated[str, Field(description="What it wears now.")]
    variants: list[str]
    visible: Annotated[bool, Field(description="Whether it is shown at the moment.")] = True
    matrix: Annotated[list[float], Field(description="Model to world in metres, 16 numbers, column-major: +X right, +Y up, −Z forward.")]
    height_m: Annotated[float, Field(description="How tall its model is.")]
    yaw_deg: Annotated[float, Field(description="Direction to its middle, positive to the right of forward.")]
    pitch_deg: Annotated[float, Field(description="Positive above the horizon.")]
    deliver: Annotated[Literal["model", "burned"], Field(description="burned: it is shown in the picture alone.")]
    model: Annotated[str | None, Field(description="Address of its GLB; null: viewers cannot have it.")]
    product: Annotated[str | None, Field(description="Id of the product that it shows.")]
    motion: Annotated[dict[str, str | float | bool] | None, Field(description="How it moves, as in scene.toml; null: it stands.")] = None


class ShowScene(BaseModel):
    """The showroom."""

    name: str
    title: str
    floor_m: Annotated[float, Field(description="How far the floor lies below the cameras.")]
    occluded: Annotated[bool, Field(description="Whether things of the room hide garments, which only the picture shows.")] = False
    garments: list[ShowGarment]


class ShowSize(BaseModel):
    """A size that can be bought."""

    size: str
    sku: str
    stock: Annotated[int | None, Field(description="How many there are; null: they are not counted.")]


class ShowVariant(BaseModel):
    """A colour, or another kind of a product."""

    id: str
    name: str
    gltf_variant: Annotated[str | None, Field(description="Which variant of the garment's model shows it.")]
    price: Annotated[Money | None, Field(description="null: the product's.")]
    image: str | None
    swatch: Annotated[str | None, Field(description="Its colour, #rrggbb.")]
    sizes: list[ShowSize]


class ShowProduct(BaseModel):
    """Something that can be bought."""

    id: str
    name: str
    brand: str
    description: str
    price: Money
    link: Annotated[str | None, Field(description="Where it is sold: http or https, with UTM parameters and a signed click id.")]
    images: list[str]
    garment: Annotated[str | None, Field(description="The garment of the scene that shows it.")]
    variants: list[ShowVariant]


class Pin(BaseModel):
    """A product that viewers are shown now."""

    product: str
    since_unix_s: float


class ShowState(BaseModel):
    """A channel's show: its programme, scene, products and pins."""

    revision: Annotated[int, Field(description="Grows with every change of what is below.")]
    title: str
    description: str
    host: str
    brand: str
    starts_unix_s: float | None
    ends_unix_s: float | None
    scene: ShowScene | None
    products: list[ShowProduct]
    pins: Annotated[list[Pin], Field(description="The newest last.")]
    shop_origins: Annotated[list[str], Field(description="Sites that may be the page's shop when they embed it.")] = []


class Pins(BaseModel):
    """What is pinned."""

    revision: int
    pins: Annotated[list[Pin], Field(description="The newest last.")]


class Look(Section):
    """Where the host looks: pages of viewers who follow the host turn there."""

    yaw_deg: Annotated[float, Field(ge=-180, le=180, description="To the right of straight ahead.")]
    pitch_deg: Annotated[float, Field(ge=-90, le=90, description="Up.")] = 0.0


class Looking(BaseModel):
    """Where the host looks; null: nowhere in particular."""

    look: Look | None


class ProductChange(Section):
    """What of a product can be changed on air; what is left out stays."""

    price: Annotated[Money | None, Field(description="In the product's currency. null: the catalogue's again.")] = None
    stock: Annotated[
        dict[str, Annotated[int, Field(strict=True, ge=0, le=10**9)] | None],
        Field(default_factory=dict, description="By SKU; null: it is not counted."),
    ]
