"""A scene's catalogue against its models and its pictures' files; and the catalogues that ship."""

from pathlib import Path

import pytest
from PIL import Image

from tests.renderer.boxes import GREEN, RED, write_box
from vrlive import exhibits
from vrlive.errors import ConfigError, InputError
from vrlive.exhibits import read_exhibits, read_image
from vrlive.scenery import examine_scene
from vrlive.show.scene import read_scene, shipped

SCENE = 'name = "shop"\n[[garment]]\nname = "box"\nmodel = "box.glb"\nbearing_deg = 0\ndistance_m = 2\n'
PRODUCT = '[[product]]\nid = "box"\nname = "Box"\nprice = 100\ngarment = "box"\n'


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    write_box(tmp_path / "box.glb", variants={"red": RED, "green": GREEN})
    (tmp_path / "scene.toml").write_text(SCENE, "utf-8")
    return tmp_path / "scene.toml"


def products(scene: Path, text: str, name: str = "products.toml") -> None:
    (scene.parent / name).write_text(text, "utf-8")


@pytest.mark.parametrize("name", shipped())
def test_the_showrooms_that_ship_sell_what_they_show(name: str) -> None:
    examined = examine_scene(name)
    assert examined.faults == ()
    read = read_exhibits(read_scene(name))
    assert read.scene
    assert {each.garment for each in read.catalogue.product} <= {garment.name for garment in read.scene.garment}
    for product in read.catalogue.product:
        assert product.link
        assert product.images
        assert {variant.gltf_variant for variant in product.variant} == set(read.models[product.garment or ""].variants)
        assert all(variant.size for variant in product.variant)
    assert all(file.path.stat().st_size <= 150_000 for file in read.images.values())


def test_a_scene_without_a_catalogue_sells_nothing_and_may_name_another_file(scene: Path) -> None:
    assert read_exhibits(read_scene(scene)).catalogue.product == ()
    products(scene, PRODUCT, "other.toml")
    scene.write_text(f'products = "other.toml"\n{SCENE}', "utf-8")
    assert [each.id for each in read_exhibits(read_scene(scene)).catalogue.product] == ["box"]
    scene.write_text(f'products = "none.toml"\n{SCENE}', "utf-8")
    with pytest.raises(ConfigError, match=r"scene\.toml: products: there is no file .*none\.toml"):
        read_scene(scene)


def test_all_faults_of_scene_and_catalogue_are_told_at_once(scene: Path) -> None:
    variant = '[[product.variant]]\nid = "a"\nname = "A"\ngltf_variant = "rad"\nimage = "none.png"\n'
    products(
        scene, f'{PRODUCT}images = ["box.gif", "box.glb.png"]\n{variant}[[product]]\nid = "b"\nname = "B"\nprice = 1\ngarment = "bax"\n'
    )
    (scene.parent / "box.gif").write_bytes(b"GIF89a")
    (scene.parent / "box.glb.png").write_bytes((scene.parent / "box.glb").read_bytes())
    scene.write_text(SCENE + '[[garment]]\nname = "c"\nmodel = "none.glb"\nbearing_deg = 90\ndistance_m = 2\n', "utf-8")
    faults = "\n".join(examine_scene(scene).faults)
    for told in (
        "garment[1].model: there is no file",
        "products.toml: product[0].variant[0].gltf_variant: the model of box has no variant “rad”; did you mean “red”?",
        "products.toml: product[0].images[0]: ",
        "box.gif: is of no kind that every browser shows; those are .png, .jpg, .jpeg, .webp",
        "products.toml: product[0].images[1]: ",
        "box.glb.png: is no sound picture",
        "products.toml: product[0].variant[0].image: ",
        "none.png: cannot be read: No such file",
        "products.toml: product[1].garment: the scene has no garment “bax”; did you mean “box”?",
    ):
        assert told in faults, told


@pytest.mark.parametrize("kind", ["png", "jpg", "jpeg", "webp"])
def test_pictures_are_told_by_what_they_hold(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"picture.{kind}"
    Image.new("RGB", (30, 40), "red").save(path)
    media = {"jpg": "image/jpeg", "jpeg": "image/jpeg"}.get(kind, f"image/{kind}")
    assert (read_image(path).media_type, read_image(path).unchanged) == (media, True)
    other = tmp_path / ("other.jpg" if kind == "png" else "other.png")
    path.rename(other)
    with pytest.raises(InputError, match=r"is a (PNG|JPEG|WEBP), whatever its name says; rename it"):
        read_image(other)


def test_pictures_that_are_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wide.png"
    Image.new("L", (exhibits.LONGEST_SIDE_PX + 1, 1)).save(path)
    with pytest.raises(InputError, match="is 4097x1; at most 4096 px a side are shown"):
        read_image(path)
    Image.new("L", (9, 9)).save(tmp_path / "heavy.png")
    monkeypatch.setattr(exhibits, "LARGEST_PICTURE", 10)
    with pytest.raises(InputError, match=r"heavy\.png: has 0\.0 MB; at most"):
        read_image(tmp_path / "heavy.png")
