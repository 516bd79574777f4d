"""FFmpeg's WHIP muxer as a camera, by PyAV in a process of its own: it holds the interpreter's lock while it connects."""

import sys
from pathlib import Path

import av
import pytest
from aiortc.rtcdtlstransport import generate_certificate
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

FFMPEG = """
import sys, time
from fractions import Fraction
import av, numpy as np
url, token, certificate, key, pictures = sys.argv[1:6]
with av.open(url, "w", format="whip", options={"authorization": token, "cert_file": certificate, "key_file": key}) as out:
    video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": "50"})
    video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
    audio = out.add_stream("libopus", rate=48000, layout="stereo")
    audio.bit_rate = 96_000
    start = time.monotonic()
    for n in range(int(pictures)):
        time.sleep(max(0, start + n / 25 - time.monotonic()))
        frame = av.VideoFrame.from_ndarray(np.full((540, 640), 128, np.uint8), "yuv420p")
        frame.pts, frame.time_base = n, Fraction(1, 25)
        out.mux(video.encode(frame))
        for k in (2 * n, 2 * n + 1):
            sound = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), "fltp", "stereo")
            sound.sample_rate, sound.pts, sound.time_base = 48000, k * 960, Fraction(1, 48000)
            out.mux(audio.encode(sound))
"""


def ffmpeg(url: str, token: str, folder: Path, *, pictures: int) -> list[str]:
    """The command that publishes so many grey pictures, 640x360, in real time. Skips where FFmpeg has no such muxer."""
    if "whip" not in av.formats_available:
        pytest.skip("this PyAV has FFmpeg without the whip muxer")
    return [sys.executable, "-c", FFMPEG, url, token, *_own_certificate(folder), str(pictures)]


def _own_certificate(folder: Path) -> list[str]:
    """Certificate and key as the muxer wants them: an elliptic curve, P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(generate_certificate(key).public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain))
    return [str(certificate), str(private)]
