"""How the engine process and the delivery process speak: one Unix socket, small versioned messages, bounded both ways.

Up go access units, the slate and the engine's status; down go control, and access units of cameras that are published. No raw picture
ever crosses.
"""

from streaming.link.delivery_side import DeliverySide
from streaming.link.engine_side import EngineSide

__all__ = ["DeliverySide", "EngineSide"]
