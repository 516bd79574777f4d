"""products.toml: what is accepted, and how each fault is named."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from vrlive.errors import ConfigError
from vrlive.show.catalogue import Catalogue, read_catalogue
from vrlive.show.money import DIGITS, Money
from vrlive.show.scene import Scene

SCENE = Scene.model_validate(
    {"name": "boutique", "garment": [{"name": name, "model": f"{name}.glb", "position_m": [0, 0, -2]} for name in ("coat", "dress")]}
)
COAT = 'id = "coat"\nname = "Coat"\nprice = 45900\n'

Read = Callable[[str], tuple[Catalogue | None, list[ConfigError]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str) -> tuple[Catalogue | None, list[ConfigError]]:
        path = tmp_path / "products.toml"
        path.write_text(text, "utf-8")
        return read_catalogue(path, SCENE)

    return read


def test_a_product_has_the_catalogue_s_brand_and_currency_and_its_own_price(read: Read) -> None:
    catalogue, faults = read(
        f'brand = "B"\ncurrency = "JPY"\n[[product]]\n{COAT}[[product.variant]]\nid = "red"\nname = "Red"\nprice = 1\n'
    )
    assert faults == []
    assert catalogue
    [coat] = catalogue.product
    assert catalogue.price(coat) == Money(amount=45900, currency="JPY")
    assert catalogue.price(coat, coat.variant[0]) == Money(amount=1, currency="JPY")
    assert (catalogue.find("coat"), catalogue.find("dress")) == (coat, None)


def test_pictures_lie_beside_the_file(read: Read, tmp_path: Path) -> None:
    catalogue, _ = read(f'[[product]]\n{COAT}images = ["a.jpg"]\n[[product.variant]]\nid = "red"\nname = "Red"\nimage = "b/c.png"\n')
    assert catalogue
    assert (catalogue.product[0].images, catalogue.product[0].variant[0].image) == ((tmp_path / "a.jpg",), tmp_path / "b" / "c.png")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("price = 459.0", "product[0].price: a price is a whole number of the currency's smallest unit: 45900 is 459.00 EUR"),
        ('price = "459 EUR"', "product[0].price: a price is a whole number"),
        ("price = true", "product[0].price: "),
        ("price = -1", "greater than or equal to 0"),
        ("price = 10000000000000", "less than or equal to 1000000000000"),
        ('price = 1\ncurrency = "EURO"', "“EURO” is no currency of ISO 4217; did you mean “EUR”?"),
        ('price = 1\ncurrency = "eur"', "did you mean “EUR”?"),
        ('price = 1\ncurrency = "XXX"', "is no currency of ISO 4217"),
        ('price = 1\nlinks = "https://shop.example"', "unknown key; did you mean “link”?"),
        ('price = 1\ngarment = "coot"', "the scene has no garment “coot”; did you mean “coat”?"),
        ('price = 1\n[[product.variant]]\nid = "a"\nname = "A"\ngltf_variant = "a"', "“coat” names no garment that could show it"),
        ('price = 1\n[[product.variant]]\nid = "A"\nname = "A"', "product[0].variant[0].id: "),
        ('price = 1\n[[product.variant]]\nid = "a"\nname = "A"\nswatch = "red"', "product[0].variant[0].swatch: "),
        ('price = 1\n[[product.variant]]\nid = "a"\nname = "A"\nsize = [{name = "S", sku = "a b"}]', "size[0].sku: "),
        ('price = 1\n[[product.variant]]\nid = "a"\nname = "A"\nsize = [{name = "S", sku = "a", stock = 1.0}]', "size[0].stock: "),
        (
            'price = 1\n[[product.variant]]\nid = "a"\nname = "A"\nsize = [{name = "S", sku = "a"}, {name = "S", sku = "b"}]',
            "size[1].name: two sizes are called “S”",
        ),
        (
            'price = 1\n[[product.variant]]\nid = "a"\nname = "A"\nsize = [{name = "S", sku = "a"}, {name = "M", sku = "a"}]',
            "size[1].sku: product[0].variant[0].size[0] has the number “a” too",
        ),
        ('price = 1\n[[product.variant]]\nid = "a"\nname = "A"\n[[product.variant]]\nid = "a"\nname = "B"', "two variants are called “a”"),
    ],
)
def test_what_is_wrong_is_named(read: Read, text: str, problem: str) -> None:
    _, faults = read(f'[[product]]\nid = "coat"\nname = "Coat"\n{text}\n')
    assert [fault for fault in faults if problem in str(fault)], [str(fault) for fault in faults]
    assert all("products.toml: product[0]" in str(fault) for fault in faults)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://shop.example/",
        "//shop.example/coat",
        "/coat",
        "shop.example/coat",
        "https:",
        "https://",
        "https:///coat",
        "http://shop.example:99999/",
        "https://shop.example\\\\@evil.example/",
        "https://shop.example@evil.example/",
        "https://user:word@shop.example/",
        " https://shop.example/",
        "https://shop.example/a b",
        "https://shop.example/\\tcoat",
        "java\\nscript:alert(1)",
        "https://shop.example/\\u0001",
        "https://shop.example/<script>",
        'https://shop.example/\\"onclick=x',
        "https://shop.example/" + "a" * 2000,
        "",
    ],
)
def test_only_addresses_of_the_web_are_links(read: Read, link: str) -> None:
    catalogue, faults = read(f'[[product]]\n{COAT}link = "{link}"\n')
    assert catalogue is None
    assert [str(fault) for fault in faults if "product[0].link: a link " in str(fault)]


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://shop.example/coat?a=1&b=%20#top", "https://shop.example/coat?a=1&b=%20#top"),
        ("HTTP://Shop.Example", "http://shop.example/"),
        ("https://läden.example/mäntel", "https://xn--lden-loa.example/m%C3%A4ntel"),
        ("https://[::1]:8443/coat", "https://[::1]:8443/coat"),
    ],
)
def test_a_link_goes_out_as_browsers_read_it(read: Read, link: str, kept: str) -> None:
    catalogue, faults = read(f'[[product]]\n{COAT}link = "{link}"\n')
    assert faults == []
    assert catalogue
    assert catalogue.product[0].link == kept


def test_all_faults_are_told_at_once(read: Read) -> None:
    third = 'id = "b"\nname = "B"\nprice = 1\ngarment = "x"\n'
    _, faults = read("".join(f"[[product]]\n{each}" for each in (f'{COAT}garment = "coat"\n', f'{COAT}garment = "coat"\n', third)))
    assert [fault.key for fault in faults] == ["product[1].id", "product[1].garment", "product[2].garment"]


def test_prices_are_said_with_their_currency_s_digits() -> None:
    said = [str(Money(amount=45900, currency=code)) for code in ("EUR", "JPY", "KWD")]
    assert said == ["459.00 EUR", "45900 JPY", "45.900 KWD"]
    assert str(Money(amount=5, currency="EUR")) == "0.05 EUR"


def test_a_price_said_in_words_is_the_price() -> None:
    """Read back by the decimal point: no digit is lost, whatever the amount."""
    chance = random.Random(4217)
    for code, digits in DIGITS.items():
        amount = chance.choice([0, 1, 9, 10, 99, 100, 101, chance.randrange(10**12)])
        whole, _, rest = str(Money(amount=amount, currency=code)).removesuffix(f" {code}").partition(".")
        assert (len(rest), int(whole + rest)) == (digits, amount)
