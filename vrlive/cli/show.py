"""`vrlive show …`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from vrlive.cli.console import complain, say
from vrlive.cli.options import Server
from vrlive.errors import UserError

if TYPE_CHECKING:
    from vrlive.api.show_models import Pin

show = typer.Typer(
    help="Direct a show on air: list what it sells, pin products, caption what is said, lead the view of who follows the host.",
    no_args_is_help=True,
)

Channel = Annotated[str, typer.Argument(help="The channel's name.")]
Product = Annotated[str, typer.Argument(help="The product's id.")]


@show.command("list")
def show_list(channel: Channel, *, server: Server = "http://127.0.0.1:8360") -> None:
    """Print what a channel sells: id, name, price, how many are left; a pin stands before what viewers are shown."""
    from vrlive import remote, resources

    state = remote.show(server, channel, resources.state() / "tls" / "authority.pem")
    pinned = [pin.product for pin in state.pins]
    for product in state.products:
        counts = [size.stock for variant in product.variants for size in variant.sizes]
        left = "" if None in counts or not counts else f", {sum(count or 0 for count in counts)} left"
        say(f"{'📌' if product.id in pinned else '  '} {product.id}: {product.name}, {product.price}{left}")
    if not state.products:
        say(f"{channel} sells nothing")


@show.command("pin")
def show_pin(channel: Channel, product: Product, *, server: Server = "http://127.0.0.1:8360") -> None:
    """Show a product to all viewers, before those that are pinned already."""
    from vrlive import remote, resources

    found = remote.pin(server, channel, product, remote.known_token(resources.state()), resources.state() / "tls" / "authority.pem")
    _tell(channel, found.pins)


@show.command("unpin")
def show_unpin(channel: Channel, product: Product, *, server: Server = "http://127.0.0.1:8360") -> None:
    """End a product's pin."""
    from vrlive import remote, resources

    authority = resources.state() / "tls" / "authority.pem"
    found = remote.pin(server, channel, product, remote.known_token(resources.state()), authority, pinned=False)
    _tell(channel, found.pins)


@show.command("look")
def show_look(
    channel: Channel,
    *,
    yaw: Annotated[float, typer.Option(min=-180, max=180, help="Degrees to the right of straight ahead.")] = 0.0,
    pitch: Annotated[float, typer.Option(min=-90, max=90, help="Degrees up.")] = 0.0,
    off: Annotated[bool, typer.Option("--off", help="Nowhere in particular any more.")] = False,
    server: Server = "http://127.0.0.1:8360",
) -> None:
    """Have the pages of viewers who follow the host turn to a direction."""
    from vrlive import remote, resources
    from vrlive.api.show_models import Look

    wanted = None if off else Look(yaw_deg=yaw, pitch_deg=pitch)
    found = remote.look(server, channel, wanted, remote.known_token(resources.state()), resources.state() / "tls" / "authority.pem")
    told = "nowhere in particular" if found.look is None else f"to {found.look.yaw_deg:g}°, {found.look.pitch_deg:g}° up"
    say(f"{channel}: the host looks {told}")


@show.command("caption")
def show_caption(
    channel: Channel,
    text: Annotated[str, typer.Argument(help="What is said; “” takes it away; - reads lines from standard input, each of them a caption.")],
    *,
    lang: Annotated[str, typer.Option(help="Its language, such as en or zh-Hans.")] = "",
    hold: Annotated[float, typer.Option("--for", min=0.5, max=60, help="Seconds that it holds, unless another comes.")] = 6.0,
    server: Server = "http://127.0.0.1:8360",
) -> None:
    """Have viewers read what is said now, as captions; a program that recognises speech can be piped in."""
    from vrlive import remote, resources

    token, authority = remote.known_token(resources.state()), resources.state() / "tls" / "authority.pem"

    def caption(said: str) -> None:
        remote.caption(server, channel, {"text": said, "lang": lang, "duration_s": hold}, token, authority)

    if text == "-":
        _follow(caption)
        return
    caption(text)
    say(f"{channel}: {f'captioned “{text}”' if text.strip() else 'no caption'}")


def _follow(caption: "Callable[[str], None]") -> None:
    """Show line by line. What is refused is told, and the next one read; but for the very first: then nothing else would fare better."""
    from vrlive.dictation import captions_of

    shown = refused = 0
    for each in captions_of(typer.get_text_stream("stdin", encoding="utf-8", errors="replace")):
        try:
            caption(each)
            shown += 1
        except UserError as fault:
            if not shown:
                raise
            refused += 1
            complain(fault)
    if refused:
        raise UserError(f"{refused} of {shown + refused} captions were not shown")


def _tell(channel: str, pins: "Sequence[Pin]") -> None:
    say(f"{channel}: pinned {', '.join(pin.product for pin in reversed(pins)) or 'nothing'}")
