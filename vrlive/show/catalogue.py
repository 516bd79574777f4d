"""products.toml: what can be bought of what stands in a scene.

The file lies beside scene.toml. Prices are whole numbers of the currency's minor unit; pictures are files beside it.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, HttpUrl, TypeAdapter, ValidationError

from vrlive.config import Name
from vrlive.errors import ConfigError, did_you_mean
from vrlive.show.money import Amount, Currency, Money
from vrlive.show.scene import Scene
from vrlive.toml import Section, read_toml_with_faults

LONGEST_LINK: Final = 2000  # characters: what every browser and server takes

_LINK: Final = re.compile(r"https?://[^/?#][^\s\\<>\"`{}|^\x00-\x20\x7f]+", re.IGNORECASE)
_URL: Final = TypeAdapter(HttpUrl)


def _link(text: str) -> str:
    """The address as browsers read it (WHATWG URL), in ASCII."""
    right = "a link to a shop begins with https:// (or http://), such as https://shop.example/coat"
    if len(text) > LONGEST_LINK:
        raise ValueError(f"a link has at most {LONGEST_LINK} characters")
    if not _LINK.fullmatch(text):
        raise ValueError(right)
    try:
        url = _URL.validate_python(text)
    except ValidationError:
        raise ValueError(right) from None
    if url.username is not None or url.password is not None:
        raise ValueError("a link holds no user name: what comes before “@” is often taken for the shop")
    return str(url)


Text = Annotated[str, Field(min_length=1, max_length=120)]
Link = Annotated[str, AfterValidator(_link), Field(json_schema_extra={"pattern": "^https?://"})]


class ProductSize(Section):
    """``size``: one size of a variant."""

    name: Annotated[str, Field(min_length=1, max_length=20, description="As it is written on the label: S, 38, one size.")]
    sku: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$", description="The shop's own number of it.")]
    stock: Annotated[int | None, Field(strict=True, ge=0, le=10**9, description="How many there are. None: they are not counted.")] = None


class ProductVariant(Section):
    """``[[product.variant]]``: a colour or another kind of it."""

    id: Annotated[Name, Field(description="Its name in the API.")]
    name: Annotated[Text, Field(description="Shown to people.")]
    gltf_variant: Annotated[str | None, Field(max_length=200, description="Which of the model's KHR_materials_variants shows it.")] = None
    price: Annotated[Amount | None, Field(description="In minor units. None: the product's.")] = None
    image: Annotated[Path | None, Field(description="A picture of it: .png, .jpg or .webp.")] = None
    swatch: Annotated[str | None, Field(pattern=r"^#[0-9a-fA-F]{6}$", description="Its colour, #rrggbb.")] = None
    size: Annotated[tuple[ProductSize, ...], Field(max_length=64, description="In the order in which they are shown.")] = ()


class Product(Section):
    """``[[product]]``: something that can be bought."""

    id: Annotated[Name, Field(description="Its name in the API.")]
    name: Annotated[Text, Field(description="Shown to people.")]
    brand: Annotated[str, Field(max_length=120, description="Empty: the catalogue's.")] = ""
    description: Annotated[str, Field(max_length=4000, description="A few sentences, in plain text.")] = ""
    price: Annotated[Amount, Field(description="In minor units: 45900 is 459.00 EUR.")]
    currency: Annotated[Currency | None, Field(description="ISO 4217. None: the catalogue's.")] = None
    link: Annotated[Link | None, Field(description="Where it is sold: http:// or https://.")] = None
    images: Annotated[tuple[Path, ...], Field(max_length=8, description="Pictures: .png, .jpg or .webp, the most telling first.")] = ()
    garment: Annotated[Name | None, Field(description="The garment of the scene that shows it.")] = None
    variant: Annotated[tuple[ProductVariant, ...], Field(max_length=64)] = ()


class Catalogue(Section):
    """All of products.toml."""

    brand: Annotated[str, Field(max_length=120, description="Of all products that name no other.")] = ""
    currency: Annotated[Currency, Field(description="Of all prices whose product names no other.")] = "EUR"
    product: Annotated[tuple[Product, ...], Field(max_length=256)] = ()

    def price(self, product: Product, variant: ProductVariant | None = None) -> Money:
        """What a product, or a variant of it, costs."""
        amount = product.price if variant is None or variant.price is None else variant.price
        return Money(amount=amount, currency=product.currency or self.currency)

    def find(self, product: str) -> Product | None:
        """The product of an id."""
        return next((each for each in self.product if each.id == product), None)


def read_catalogue(path: Path, scene: Scene) -> tuple[Catalogue | None, list[ConfigError]]:
    """Read the products of a scene, with all faults that need no other file.

    Returns
    -------
    Catalogue or None
        Its pictures as paths that can be opened from anywhere; None if the text itself has faults.
    list
        The faults.
    """
    catalogue, faults = read_toml_with_faults(path, Catalogue)
    if catalogue is None:
        return None, faults
    faults.extend(ConfigError(path, key, problem) for key, problem in _disagreements(catalogue, scene))
    return _whole(catalogue, path.parent), faults


def _disagreements(catalogue: Catalogue, scene: Scene) -> Iterator[tuple[str, str]]:
    """What no key is wrong in alone: key and problem."""
    garments = [garment.name for garment in scene.garment]
    skus: dict[str, str] = {}
    yield from _twice("product[{}].id", [each.id for each in catalogue.product], "products are called")
    yield from _twice("product[{}].garment", [each.garment for each in catalogue.product], "products show the garment")
    for number, product in enumerate(catalogue.product):
        key = f"product[{number}]"
        if product.garment is not None and product.garment not in garments:
            hint = did_you_mean(product.garment, garments, f"it has {', '.join(garments) or 'none'}")
            yield f"{key}.garment", f"the scene has no garment “{product.garment}”; {hint}"
        yield from _twice(f"{key}.variant[{{}}].id", [each.id for each in product.variant], "variants are called")
        for place, variant in enumerate(product.variant):
            inner = f"{key}.variant[{place}]"
            if variant.gltf_variant is not None and product.garment is None:
                yield f"{inner}.gltf_variant", f"“{product.id}” names no garment that could show it; give the product its garment"
            yield from _twice(f"{inner}.size[{{}}].name", [each.name for each in variant.size], "sizes are called")
            for n, size in enumerate(variant.size):
                where = f"{inner}.size[{n}].sku"
                if size.sku in skus:
                    yield where, f"{skus[size.sku]} has the number “{size.sku}” too; each size has one of its own"
                skus.setdefault(size.sku, where.removesuffix(".sku"))


def _twice(key: str, names: Sequence[str | None], kind: str) -> Iterator[tuple[str, str]]:
    for number, name in enumerate(names):
        if name is not None and name in names[:number]:
            yield key.format(number), f"two {kind} “{name}”; each has one of its own"


def _whole(catalogue: Catalogue, folder: Path) -> Catalogue:
    """The same, its pictures as whole paths."""

    def variant(each: ProductVariant) -> ProductVariant:
        return each.model_copy(update={"image": (folder / each.image).resolve()}) if each.image else each

    products = tuple(
        each.model_copy(
            update={"images": tuple((folder / image).resolve() for image in each.images), "variant": tuple(map(variant, each.variant))}
        )
        for each in catalogue.product
    )
    return catalogue.model_copy(update={"product": products})
