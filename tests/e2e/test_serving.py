"""Where a show is served, by TLS too, as headsets and phones ask for; and what is served: a real camera's picture."""

import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.e2e.show import PATIENCE_S, Show, running
from tests.e2e.visit import picture, visiting, watch
from vrlive.network import lan_addresses
from vrlive.projection.rig import Array
from vrlive.stitch.score import ssim, with_global_gain
from vrlive.units import Size

SCORED = Size(640, 320)
GEAR_360 = """
name = "demo"
rig = "{rig}"
[[camera]]
name = "gear360"
url = "gear360.mp4"
loop = true
"""


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    """The demo for the local network, with an authority made for this test."""
    if not lan_addresses():
        pytest.skip("this machine has no address but loopback")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with running("demo", "--host", "0.0.0.0", "--port", "0", "--tls", "auto") as show:
        yield show


def test_the_page_on_the_machines_own_address_is_a_secure_context(secure: Show, browser: Browser, tmp_path: Path) -> None:
    address = lan_addresses()[0]
    assert secure.url.startswith(f"https://{address}:")
    trusted = ssl.create_default_context(cafile=str(tmp_path / "vrlive" / "tls" / "authority.pem"))
    assert httpx.get(secure.url, verify=trusted, trust_env=False).status_code == 200
    assert "BEGIN CERTIFICATE" in httpx.get(f"{secure.url}authority.pem", verify=trusted, trust_env=False).text
    with visiting(browser) as page:
        watch(page, secure.url)
        assert page.evaluate("isSecureContext")


def test_a_certificate_of_ones_own_is_served(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("no openssl here to make a certificate")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=studio", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([openssl, *made, "-out", cert, "-keyout", key], check=True, capture_output=True, timeout=PATIENCE_S)
    with running("demo", "--port", "0", "--tls", f"{cert},{key}") as show:
        assert show.url.startswith("https://127.0.0.1:")
        assert httpx.get(show.url, verify=ssl.create_default_context(cafile=str(cert)), trust_env=False).status_code == 200
        assert httpx.get(f"{show.url}authority.pem", verify=False, trust_env=False).status_code == 404


def test_a_gear_360s_footage_is_a_live_channel(browser: Browser, tmp_path: Path) -> None:
    """Its own picture as a video of a second, again and again, by its Hugin project: what arrives is the panorama of nona and enblend."""
    if "VRLIVE_TEST_DATA" not in os.environ:
        pytest.skip("VRLIVE_TEST_DATA is not set: no picture of a real camera")
    folder = Path(os.environ["VRLIVE_TEST_DATA"]) / "dual_fisheye_gear360"
    film(folder / "gear360_frame_2560x1280.png", tmp_path / "gear360.mp4")
    channel = tmp_path / "channel.toml"
    channel.write_text(GEAR_360.format(rig=folder / "gear360video2560.pto"), "utf-8")
    with running("serve", channel, "--port", "0") as show, visiting(browser) as page:
        [camera] = show.wait_until_live()["cameras"]
        assert camera["size"] == "2560x1280"
        watch(page, show.url)
        arrived = luma(Image.fromarray(picture(page)[1].astype(np.uint8)))
        assert show.state()["engine"]["restarts"] == 0
    theirs = luma(Image.open(folder / "reference_nona_enblend_2560x1280.jpg"))
    assert ssim(with_global_gain(arrived, theirs), theirs) > 0.95
    assert ssim(with_global_gain(np.roll(arrived, 4, 1), theirs), theirs) < 0.7  # turned by 2°


def film(still: Path, clip: Path) -> None:
    """Write a picture as a video of one second."""
    with av.open(str(clip), "w") as out, Image.open(still) as shown:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "18"})
        video.width, video.height, video.pix_fmt = *shown.size, "yuv420p"
        for _ in range(25):
            out.mux(video.encode(av.VideoFrame.from_ndarray(np.asarray(shown.convert("RGB")), "rgb24")))
        out.mux(video.encode(None))


def luma(shown: Image.Image) -> Array:
    """Brightness, (height, width) of `SCORED`."""
    return np.asarray(shown.convert("L").resize(SCORED, Image.Resampling.BOX), np.float64)


def test_a_port_in_use_is_refused(demo: Show) -> None:
    port = demo.url.rstrip("/").rpartition(":")[2]
    command = [sys.executable, "-m", "vrlive", "demo", "--port", port]
    second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert second.returncode == 2
    assert f"port {port} is in use" in second.stderr
