"""A machine without OpenGL: the show goes on without garments."""

import json
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from renderer.context import INSTALL
from tests.checkout import ROOT
from tests.renderer.test_context import NO_DRIVER

SHOW = """
import json, sys, threading
from vrlive.clock import now_s
from vrlive.config import CameraConfig, ChannelConfig
from vrlive.pipeline import Pipeline
from vrlive.units import Size

channel = ChannelConfig(name="x", size=Size(256, 128), rig="equirect", scene="showroom", camera=(CameraConfig(name="a", url=sys.argv[1]),))
stop, units = threading.Event(), []

def emit(unit):
    units.append(len(unit.data))
    stop.set()

pipeline = Pipeline(channel, epoch_s=now_s(), emit=emit)
pipeline.run(stop)
print(json.dumps({"units": len(units), "garments": len(pipeline.garments), "fault": pipeline.fault}))
"""


def test_the_show_goes_on_and_says_what_to_install(tmp_path: Path) -> None:
    picture = tmp_path / "room.png"
    Image.new("RGB", (256, 128), (90, 120, 150)).save(picture)
    done = subprocess.run(
        [sys.executable, "-c", SHOW, picture],
        env=os.environ | NO_DRIVER,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["units"] > 0
    assert told["garments"] == 0
    assert told["fault"].startswith("no garments: OpenGL cannot be used")
    assert INSTALL in told["fault"]
    assert done.stderr.count("no garments") == 1  # said once
