import pytest

from vrlive.units import Size


def test_size_reads_as_it_is_written() -> None:
    assert Size.parse("1920x960") == Size(1920, 960)
    assert str(Size(1920, 960)) == "1920x960"


@pytest.mark.parametrize("text", ["", "1920", "1920x", "0x960", "-2x1", "1920×960", "1e3x500", "1920x960x2"])
def test_what_is_no_size_is_refused_with_the_form_to_use(text: str) -> None:
    with pytest.raises(ValueError, match="WIDTHxHEIGHT"):
        Size.parse(text)


@pytest.mark.parametrize(
    ("text", "nearest"), [("1920x1080", "1920x960"), ("1000x400", "1000x500"), ("1001x500", "1000x500"), ("2x1", "4x2")]
)
def test_what_is_not_equirectangular_is_refused_with_the_nearest_that_is(text: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=f"nearest is {nearest}$"):
        Size.parse_equirect(text)
