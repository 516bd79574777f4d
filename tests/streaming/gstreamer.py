"""GStreamer's webrtcbin, run by Debian's own Python, as a camera and as a viewer: no line of it is ours or a browser's."""

import asyncio
import re
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

BEGIN = """
import os, sys, urllib.error, urllib.parse, urllib.request
import gi
for name in ("Gst", "GstWebRTC", "GstSdp"):
    gi.require_version(name, "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC
Gst.init(None)
url, token = sys.argv[1:3]
loop = GLib.MainLoop()
missing = [name for name in ("webrtcbin", "nicesrc", "dtlsdec", "srtpdec", "x264enc", "opusenc") if not Gst.ElementFactory.find(name)]
if missing:
    sys.exit("no " + ", ".join(missing))

def ask(method, address, body=None):
    headers = {"Content-Type": "application/sdp", "Authorization": "Bearer " + token}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(address, body, headers, method=method), timeout=10)

def negotiate(rtc, at_once=False):
    def offered(promise, *_):
        promise.wait()
        kept.append(promise.get_reply())  # it owns the offer
        kept.append(kept[0].get_value("offer"))
        rtc.emit("set-local-description", kept[1], Gst.Promise.new())

    def gathered(*_):
        if rtc.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(post)

    def post():
        try:
            reply = ask("POST", url, rtc.get_property("local-description").sdp.as_text().encode())
        except urllib.error.HTTPError as fault:
            print("refused", fault.code, fault.read().decode(), flush=True)
            loop.quit()
            return False
        place.append(urllib.parse.urljoin(url, reply.headers["Location"]))
        _, answer = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(reply.read(), answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, answer)
        rtc.emit("set-remote-description", description, Gst.Promise.new())
        return False

    place, kept = [], []
    rtc.connect("notify::ice-gathering-state", gathered)
    offer = lambda *_: rtc.emit("create-offer", None, Gst.Promise.new_with_change_func(offered))
    if at_once:
        offer()
    else:
        rtc.connect("on-negotiation-needed", offer)
    return place
"""
END = """
def ended(*_):
    print("ended", ask("DELETE", place[0]).status, flush=True)
    loop.quit()

GLib.io_add_watch(sys.stdin.fileno(), GLib.IO_IN | GLib.IO_HUP, ended)
print("up", flush=True)
loop.run()
pipeline.set_state(Gst.State.NULL)
"""
PUBLISH = (
    BEGIN
    + """
pipeline = Gst.parse_launch(
    "webrtcbin name=rtc bundle-policy=max-bundle "
    "videotestsrc is-live=true pattern=white ! video/x-raw,width=640,height=320,framerate=25/1 ! x264enc tune=zerolatency "
    "speed-preset=ultrafast key-int-max=50 ! rtph264pay config-interval=-1 aggregate-mode=zero-latency ! "
    "application/x-rtp,media=video,encoding-name=H264,payload=96 ! rtc. "
    "audiotestsrc is-live=true ! audioconvert ! audioresample ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay ! "
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! rtc."
)
place = negotiate(pipeline.get_by_name("rtc"))
pipeline.set_state(Gst.State.PLAYING)
"""
    + END
)
WATCH = (
    BEGIN
    + """
pipeline, rtc = Gst.Pipeline(), Gst.ElementFactory.make("webrtcbin")
rtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
pipeline.add(rtc)
pipeline.set_state(Gst.State.READY)
receive = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
h264 = "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,packetization-mode=(string)1,"
rtc.emit("add-transceiver", receive, Gst.Caps.from_string(h264 + "profile-level-id=(string)42e01f"))
rtc.emit("add-transceiver", receive, Gst.Caps.from_string("application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000"))

def decoded(_, pad):
    sink = Gst.ElementFactory.make("fakesink")
    sink.set_property("sync", False)
    sink.set_property("signal-handoffs", True)
    pipeline.add(sink)
    sink.sync_state_with_parent()
    pad.link(sink.get_static_pad("sink"))
    caps = pad.get_current_caps().get_structure(0)
    what = caps.get_name()
    size = caps.get_int("width")[1], caps.get_int("height")[1]
    sink.connect("handoff", lambda *_: os.write(1, f"decoded {what} {size[0]} {size[1]}\\n".encode()))

def came(_, pad):
    if pad.direction == Gst.PadDirection.SRC:
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", decoded)
        pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

rtc.connect("pad-added", came)
pipeline.set_state(Gst.State.PLAYING)
place = negotiate(rtc, at_once=True)  # what is offered before it plays is never gathered for (1.22)
"""
    + END
)


@asynccontextmanager
async def gstreamer(script: str, url: str, token: str = "") -> AsyncIterator[Process]:
    """A script runs; it deletes its session when its standard input ends. Skips without Debian's packages."""
    process = await asyncio.create_subprocess_exec("/usr/bin/python3", "-c", script, url, token, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.stdout
    assert process.stderr
    try:
        if await process.stdout.readline() != b"up\n":
            why = (await process.stderr.read()).decode()
            lacking = re.match(r"no \w|.*(?:ModuleNotFoundError|Namespace \w+ not available)", why, re.DOTALL)
            assert lacking, why
            pytest.skip(f"GStreamer is not all there (scripts/system-deps.sh test installs it): {why.strip()[-200:]}")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def hang_up(process: Process) -> str:
    """Let it end; the last line that it says."""
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    async with asyncio.timeout(10):
        return (await process.stdout.read()).decode().strip().rpartition("\n")[2]
