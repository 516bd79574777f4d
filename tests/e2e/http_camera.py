"""A camera on the network: plays a video over HTTP as an MPEG transport stream, in real time, again and again, until it is killed.

``python -m tests.e2e.http_camera PORT VIDEO``
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase

import av


def play(video: str, to: BufferedIOBase) -> None:
    """Write `video` to `to` at its own pace, for ever."""
    with av.open(to, "w", format="mpegts", options={"flush_packets": "1"}) as out, av.open(video) as source:
        picture = source.streams.video[0]
        stream = out.add_stream_from_template(picture)
        began_s, shift = time.monotonic(), 0
        while True:
            source.seek(0)
            for packet in source.demux(picture):
                if packet.dts is None or packet.pts is None or packet.duration is None:
                    continue
                end = packet.dts + packet.duration
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                time.sleep(max(0.0, began_s + float(packet.dts * packet.time_base) - time.monotonic()))
                out.mux(packet)
            shift += end


class Lens(BaseHTTPRequestHandler):
    """Answers every request with the video."""

    video = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        try:
            play(self.video, self.wfile)
        except (OSError, av.error.FFmpegError):
            return  # the viewer has gone

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        """Say nothing."""


if __name__ == "__main__":
    Lens.video = sys.argv[2]
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Lens) as server:
        print("up", flush=True)
        server.serve_forever()
