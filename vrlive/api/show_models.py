"""What the API says of a show: what stands where, what can be bought, what is pinned."""

import unicodedata
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, field_validator
from pydantic_core import PydanticCustomError

from vrlive.show.money import Money
from vrlive.toml import Section

CAPTION_CHARACTERS: Final = 200  # television shows two lines of 42: more covers the picture, and cannot be read in its time
CAPTION_LINES: Final = 3  # as many as a headset's panel holds
CAPTION_S: Final = 6.0  # time to read two lines


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


class ShowOccluder(BaseModel):
    """Something of the room that stands before garments: a patch of a sphere around the cameras, that hides what is farther away."""

    name: str
    distance_m: Annotated[float, Field(description="Radius of the sphere: garments nearer to the cameras stay visible.")]
    rectangle: Annotated[
        tuple[float, float, float, float] | None,
        Field(description="left, top, width, height in shares of the panorama: 0…1 is −180°…180° of yaw, 90°…−90° of pitch. null: mask."),
    ]
    mask: Annotated[str | None, Field(description="Address of a grey PNG that is stretched over the panorama, white where it is.")]


class ShowScene(BaseModel):
    """The showroom."""

    name: str
    title: str
    floor_m: Annotated[float, Field(description="How far the floor lies below the cameras.")]
    occluders: Annotated[list[ShowOccluder], Field(description="What hides garments, as far as it is declared in the panorama.")] = []
    occluded: Annotated[
        bool, Field(description="Whether more than these hides garments, which only the picture shows: it is declared in a camera's.")
    ] = False
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


class Caption(Section):
    """What is said, to be read."""

    text: Annotated[
        str,
        Field(
            max_length=CAPTION_CHARACTERS,
            description=f"Up to {CAPTION_LINES} lines of plain text; long ones are broken. Empty: take the present one away.",
        ),
    ]
    lang: Annotated[
        str,
        Field(
            max_length=35,
            pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)?$",
            description="Its language by BCP 47, such as en or zh-Hans; empty: not told. Empty text without one ends all languages'.",
        ),
    ] = ""
    duration_s: Annotated[float, Field(ge=0.5, le=60, description="How long it holds, unless another of its language comes before.")] = (
        CAPTION_S
    )

    @field_validator("text", mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return "\n".join(filter(None, map(str.strip, value.replace("\t", " ").splitlines()))) if isinstance(value, str) else value

    @field_validator("text")
    @classmethod
    def _readable(cls, value: str) -> str:
        if len(lines := value.split("\n")) > CAPTION_LINES:
            raise PydanticCustomError(
                "lines", "a caption has {most} lines at most, not {count}", {"most": CAPTION_LINES, "count": len(lines)}
            )
        control = next((each for each in value if each != "\n" and unicodedata.category(each) == "Cc"), None)
        if control:
            raise PydanticCustomError("control", "must not hold the control character {name}", {"name": f"U+{ord(control):04X}"})
        return value

    @field_validator("lang")
    @classmethod
    def _alike(cls, value: str) -> str:
        return value.lower()  # RFC 5646, section 2.1.1


class SaidCaption(BaseModel):
    """A caption that viewers are shown, or were."""

    text: Annotated[str, Field(description="Empty: the one before ends here.")]
    lang: Annotated[str, Field(description="Its language by BCP 47; empty: not told.")]
    at_ms: Annotated[int, Field(description="Capture time of the first picture that it belongs to: Unix time in ms on the server's clock.")]
    duration_s: Annotated[float, Field(description="How long it holds, unless another of its language comes before.")]


class CaptionList(BaseModel):
    """What is said in a show, to be read."""

    revision: Annotated[int, Field(description="Grows with every caption.")]
    captions: list[SaidCaption]


class ProductChange(Section):
    """What of a product can be changed on air; what is left out stays."""

    price: Annotated[Money | None, Field(description="In the product's currency. null: the catalogue's again.")] = None
    stock: Annotated[
        dict[str, Annotated[int, Field(strict=True, ge=0, le=10**9)] | None],
        Field(default_factory=dict, description="By SKU; null: it is not counted."),
    ]
