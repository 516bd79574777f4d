"""Encode and deliver: H.264, WebRTC over WHEP, the pages. The only code that touches aiortc."""
