"""HTTP Live Streaming (RFC 8216) of what is on air, for players without WebRTC and for caches: cut only while somebody asks."""

from streaming.hls.channel import HlsChannel
from streaming.hls.endpoint import Hls
from streaming.hls.replay import Replay

__all__ = ["Hls", "HlsChannel", "Replay"]
