"""Viewers that change renditions while they watch: by wish, and as their line gets thinner and wider."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import pytest
from aiortc.rtp import RtcpPsfbPacket, pack_remb_fci
from fastapi import FastAPI

from streaming.h264 import level_for
from streaming.hub import Channel
from streaming.ice import IceNetwork
from streaming.ladder import FEEDS, Rung
from streaming.renditions import Renditions
from streaming.rtp.fanout import Fanout
from streaming.viewer import CHOOSE_EVERY_S
from streaming.whep import Whep
from tests.streaming.conftest import FPS, SIZE, drawn
from tests.streaming.served import served
from tests.streaming.test_viewer import Client
from tests.waiting import until
from vrlive.clock import now_s
from vrlive.config import EncodeConfig
from vrlive.frames import Frame
from vrlive.units import Size

RUNGS = (Rung(SIZE, 1500), Rung(Size(320, 160), 400))
TWINS = (*RUNGS, *(replace(rung, feed="clean") for rung in RUNGS))


@dataclass
class Ladder:
    """A channel of two renditions, each also clean, watched at `url`."""

    channel: Channel
    renditions: Renditions
    url: str

    async def feed(self) -> None:
        start_s, n = now_s(), 0
        while True:
            await asyncio.sleep(max(0.0, start_s + n / FPS - now_s()))
            self.renditions.want(self.channel.wanted(now_s()))
            for feed in FEEDS:
                for unit in self.renditions.encode(Frame(drawn(n), n, Fraction(1, FPS), now_s()), feed):
                    self.channel.push(unit, now_s())
            n += 1


@pytest.fixture
async def ladder(fanout: Fanout) -> AsyncIterator[Ladder]:
    level = level_for(SIZE, FPS, RUNGS[0].bitrate_kbps)
    assert level is not None
    renditions = Renditions(TWINS, FPS, EncodeConfig(bitrate_kbps=1500, keyframe_s=20), 1e6)
    channel = Channel("demo", level, TWINS, renditions.request_keyframe, wake=fanout.wake)
    whep, app = Whep({"demo": channel}, fanout, network=IceNetwork(loopback=True)), FastAPI()
    app.include_router(whep.router)
    ladder = Ladder(channel, renditions, "")
    async with served(app, channel.run(), ladder.feed()) as address:
        ladder.url = f"{address}whep/demo"
        yield ladder
        await whep.close()
    renditions.close()


@pytest.fixture
async def client(ladder: Ladder) -> AsyncIterator[Client]:
    client = Client()
    await client.watch(ladder.url)
    await until(lambda: client.clock.readyState == "open" and len(client.stamps) > 10)
    yield client
    await client.peer.close()


def sent(client: Client) -> str:
    """The rendition the viewer was told of last; empty before it was told."""
    return next((str(event["name"]) for event in reversed(client.heard) if event["type"] == "rendition"), "")


def keyframes_since(client: Client, packets: int) -> int:
    return sum(packet.payload[0] & 31 in (7, 24) for packet in client.packets[packets:])


async def test_a_viewer_gets_what_it_asks_for_without_a_gap(ladder: Ladder, client: Client) -> None:
    packets = len(client.packets)
    client.clock.send(json.dumps({"type": "rendition", "name": "320x160"}))
    async with asyncio.timeout(2):
        await until(lambda: sent(client) == "320x160" and keyframes_since(client, packets) > 0)
    began = len(client.stamps)
    await until(lambda: len(client.stamps) > began + 25)
    sequences = [packet.sequence_number for packet in client.packets]
    assert all((after - before) & 0xFFFF == 1 for before, after in pairwise(sequences))
    assert all(0 < (after - before) & 0xFFFFFFFF < 2 * 90_000 for before, after in pairwise(client.stamps))
    assert [stream.watching for stream in ladder.channel.streams] == [0, 1, 0, 0]
    client.clock.send(json.dumps({"type": "rendition", "name": "640x320"}))
    async with asyncio.timeout(2):
        await until(lambda: sent(client) == "640x320")
    assert [stream.watching for stream in ladder.channel.streams] == [1, 0, 0, 0]


async def test_no_viewer_gets_a_picture_larger_than_it_can_show(ladder: Ladder, client: Client) -> None:
    async def ask(wanted: str, **wish: object) -> None:
        client.clock.send(json.dumps({"type": "rendition", **wish}))
        await until(lambda: sent(client) == wanted)

    await ask("320x160", name="auto", most="640x200")
    await asyncio.sleep(2 * CHOOSE_EVERY_S)
    assert sent(client) == "320x160", "though the line carries more"
    await ask("640x320", name="640x320", most="640x320")
    await ask("320x160", name="640x320", most="639x320")
    await ask("320x160", name="auto", most="8x4")  # nothing is so small: the smallest
    wrongs: list[object] = ["8", 7, None, {}, "1x1x1", "-2x-2"]
    for wrong in wrongs:
        await ask("640x320", name="640x320", most=wrong)


async def test_what_is_not_offered_changes_nothing(ladder: Ladder, client: Client) -> None:
    names: list[object] = ["8x4", 7, None, ["640x320"], {}]
    for name in names:
        client.clock.send(json.dumps({"type": "rendition", "name": name}))
    client.clock.send(json.dumps({"type": "ping", "t0": 3}))
    await until(lambda: any(event["type"] == "pong" for event in client.heard))
    assert sent(client) == "640x320"
    assert offers(client) == ["640x320", "320x160"]


async def test_what_the_viewer_estimates_its_line_to_carry_decides(ladder: Ladder, client: Client) -> None:
    async def estimate(bits_s: float) -> None:
        ssrc = client.packets[0].ssrc
        remb = RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=pack_remb_fci(round(bits_s), [ssrc]))
        await client.receiver.transport._send_rtp(bytes(remb))

    vars(client.receiver)["_RTCRtpReceiver__remote_bitrate_estimator"] = SimpleNamespace(add=lambda **_: None)  # no estimates of its own
    large = ladder.channel.streams[0]
    await until(lambda: large.rate_bps is not None and large.rate_bps < large.rung.bitrate_kbps * 500)  # the picture is a simple one
    await estimate(1.2 * (large.rate_bps or 0))
    await asyncio.sleep(2 * CHOOSE_EVERY_S)
    assert sent(client) == "640x320"
    await estimate(0.5 * (large.rate_bps or 0))
    async with asyncio.timeout(3):
        await until(lambda: sent(client) == "320x160")
    assert ladder.channel.streams[1].watching == 1
    await estimate(5_000_000)
    assert ladder.channel.sent.probed_octets == 0
    async with asyncio.timeout(20):
        await until(lambda: sent(client) == "640x320")
    assert ladder.channel.sent.probed_octets > 0, "not before the line has carried it"


def feeds(client: Client) -> list[str]:
    """What the viewer was told of its feed, in order."""
    return [str(event["name"]) for event in client.heard if event["type"] == "feed"]


async def test_a_viewer_changes_to_the_clean_feed_and_back_without_a_gap(ladder: Ladder, client: Client) -> None:
    packets = len(client.packets)
    ladder.channel.publish({"type": "light", "sh": []}, "clean")
    client.clock.send(json.dumps({"type": "feed", "name": "clean"}))
    async with asyncio.timeout(2):
        await until(lambda: feeds(client) == ["burned", "clean"] and keyframes_since(client, packets) > 0)
    assert [stream.watching for stream in ladder.channel.streams] == [0, 0, 1, 0]
    keyframes = [packet.timestamp for packet in client.packets[packets:] if packet.payload[0] & 31 in (7, 24)]
    assert [event["stamp"] for event in client.heard if event["type"] == "feed"] == [None, keyframes[-1]]
    assert [event for event in client.heard if event["type"] == "light"] == [{"type": "light", "sh": []}]
    client.clock.send(json.dumps({"type": "rendition", "name": "320x160"}))
    await until(lambda: [stream.watching for stream in ladder.channel.streams] == [0, 0, 0, 1])
    client.clock.send(json.dumps({"type": "feed", "name": "burned"}))
    async with asyncio.timeout(2):
        await until(lambda: feeds(client) == ["burned", "clean", "burned"])
    assert [stream.watching for stream in ladder.channel.streams] == [0, 1, 0, 0]
    sequences = [packet.sequence_number for packet in client.packets]
    assert all((after - before) & 0xFFFF == 1 for before, after in pairwise(sequences))
    assert all(0 < (after - before) & 0xFFFFFFFF < 2 * 90_000 for before, after in pairwise(client.stamps))


async def test_a_size_that_is_not_offered_clean_comes_burned(ladder: Ladder, client: Client) -> None:
    """A machine that has no time for the small clean one must not send the large one to who has a thin line."""
    ladder.channel.streams[3].offered = False
    client.clock.send(json.dumps({"type": "rendition", "name": "320x160"}))
    await until(lambda: sent(client) == "320x160")
    client.clock.send(json.dumps({"type": "feed", "name": "clean"}))
    await until(lambda: len(feeds(client)) == 2)
    assert feeds(client)[-1] == "burned"
    assert [stream.watching for stream in ladder.channel.streams] == [0, 1, 0, 0]
    client.clock.send(json.dumps({"type": "rendition", "name": "640x320"}))
    await until(lambda: feeds(client)[-1] == "clean")
    assert [stream.watching for stream in ladder.channel.streams] == [0, 0, 1, 0]
    client.clock.send(json.dumps({"type": "rendition", "name": "320x160"}))
    await until(lambda: feeds(client)[-1] == "burned")
    assert offers(client) == ["640x320", "320x160"]


async def test_where_a_machine_has_no_time_for_the_large_clean_one_the_smaller_comes_until_it_has(ladder: Ladder, client: Client) -> None:
    ladder.channel.streams[2].offered = False
    client.clock.send(json.dumps({"type": "feed", "name": "clean"}))
    await until(lambda: feeds(client)[-1] == "clean")
    assert [stream.watching for stream in ladder.channel.streams] == [0, 0, 0, 1]
    assert offers(client) == ["320x160"]
    ladder.channel.streams[2].offered = True
    await until(lambda: offers(client) == ["640x320", "320x160"])
    client.clock.send(json.dumps({"type": "rendition", "name": "640x320"}))
    await until(lambda: [stream.watching for stream in ladder.channel.streams] == [0, 0, 1, 0])


async def test_a_feed_that_is_asked_for_comes_as_soon_as_it_is_offered(ladder: Ladder, client: Client) -> None:
    for stream in ladder.channel.streams[2:]:
        stream.offered = False
    client.clock.send(json.dumps({"type": "feed", "name": "clean"}))
    await until(lambda: feeds(client) == ["burned", "burned"])
    for stream in ladder.channel.streams[2:]:
        stream.offered = True
    await until(lambda: feeds(client)[-1] == "clean")


def offers(client: Client) -> object:
    """The sizes that the viewer was told of last."""
    return [event["offered"] for event in client.heard if event["type"] == "rendition"][-1]


async def test_a_feed_that_is_not_offered_is_answered_with_the_one_in_force(ladder: Ladder, client: Client) -> None:
    ladder.channel.change_rungs(RUNGS)
    names: list[object] = ["clean", "bare", None, ["clean"]]
    for name in names:
        client.clock.send(json.dumps({"type": "feed", "name": name}))
    await until(lambda: len(feeds(client)) == 5)
    assert [(event["name"], event["offered"]) for event in client.heard if event["type"] == "feed"][1:] == 4 * [("burned", ["burned"])]


async def test_who_watches_a_feed_whose_scene_goes_is_given_the_other(ladder: Ladder, client: Client) -> None:
    client.clock.send(json.dumps({"type": "feed", "name": "clean"}))
    await until(lambda: feeds(client)[-1:] == ["clean"])
    ladder.channel.change_rungs(RUNGS)
    await until(lambda: feeds(client)[-1] == "burned")
    assert [stream.watching for stream in ladder.channel.streams] in ([1, 0, 0, 0], [0, 1, 0, 0]), "smaller where the line is slow"


async def test_who_leaves_watches_nothing(ladder: Ladder, client: Client) -> None:
    client.clock.send(json.dumps({"type": "rendition", "name": "320x160"}))
    await until(lambda: ladder.channel.streams[1].watching == 1)
    await client.peer.close()
    await until(lambda: [stream.watching for stream in ladder.channel.streams] == [0, 0, 0, 0])
