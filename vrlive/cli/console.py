"""What all commands speak through."""

from typing import Final

from rich.console import Console
from rich.markup import escape

from vrlive.errors import VrliveError

err: Final = Console(stderr=True)
out: Final = Console()


def say(text: str) -> None:
    """Print as it is: an IPv6 address in brackets is no markup, and an address is not broken over two lines."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def complain(fault: VrliveError) -> None:
    """Print what went wrong, for people."""
    err.print("[red bold]vrlive:[/]", escape(str(fault)), highlight=False, soft_wrap=True)
