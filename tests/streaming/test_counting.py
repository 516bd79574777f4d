"""What is counted of viewers: how they come, what they are sent again, how they leave."""

from collections import Counter

import httpx
from aiortc.rtp import RtcpRtpfbPacket

from streaming.whep import Whep
from tests.streaming.client import SDP, offer
from tests.streaming.conftest import OnAir
from tests.streaming.test_viewer import Client
from tests.waiting import until
from vrlive.server_config import Limits


async def watching(url: str) -> Client:
    client = Client()
    await client.watch(url)
    await until(lambda: client.stamps)
    return client


async def test_who_joins_and_why_who_leaves(on_air: OnAir) -> None:
    hub = on_air.channel
    deleted, closed, told = [await watching(on_air.url) for _ in range(3)]
    assert sum(hub.joins.counts) == 3
    assert 0 < hub.joins.sum < 30
    assert not hub.ended
    async with httpx.AsyncClient() as http:
        await http.delete(f"{on_air.url}/{next(iter(on_air.whep.sessions))}")
    await until(lambda: hub.ended == Counter({"left": 1}))
    await closed.peer.close()
    await until(lambda: hub.ended == Counter({"left": 1, "closed": 1}))
    await on_air.whep.end_channel(hub)
    assert hub.ended == Counter({"left": 1, "closed": 1, "channel ended": 1})
    assert told.heard[-1] == {"type": "state", "state": "ended"}
    assert hub.viewers == 0
    last = await watching(on_air.url)
    await on_air.whep.close()
    assert hub.ended["server ended"] == 1
    assert sum(hub.joins.counts) == hub.ended.total() == 4
    for client in (deleted, told, last):
        await client.peer.close()


async def test_who_never_connects_is_counted_and_whose_offer_was_refused_is_not(whep: Whep, http: httpx.AsyncClient) -> None:
    hub = whep.channels["demo"]
    whep.limits = Limits(connect_s=0.05)
    assert (await http.post("/whep/demo", content="v=0", headers=SDP)).status_code == 400
    assert (await http.post("/whep/demo", content=await offer(), headers=SDP)).status_code == 201
    await until(lambda: hub.ended == Counter({"never connected": 1}))
    assert sum(hub.joins.counts) == 0
    assert hub.refused == 1


async def test_what_is_sent_again_is_counted_for_the_channel_also_of_who_has_left(on_air: OnAir) -> None:
    client = await watching(on_air.url)
    await until(lambda: len(client.packets) > 20)
    missed = [packet.sequence_number for packet in client.packets[5:8]]
    nack = RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=client.packets[0].ssrc)
    nack.lost = missed
    await client.receiver.transport._send_rtp(bytes(nack))
    await until(lambda: on_air.channel.sent.resent == 3)
    assert on_air.channel.sent.missed == 3
    assert on_air.channel.sent.resent_octets > 3 * 20
    await client.peer.close()
    await until(lambda: on_air.channel.viewers == 0)
    sent = on_air.channel.sent
    assert sent.resent == 3
    assert sent.packets + sent.resent >= len(client.packets)


async def test_rounds_of_the_way_that_is_taken_are_timed(on_air: OnAir) -> None:
    client = await watching(on_air.url)
    fanout = on_air.whep.fanout
    taken, other = ("fast", "portable") if fanout.fast else ("portable", "fast")
    await until(lambda: sum(fanout.rounds[taken].counts) > 10)
    assert fanout.rounds[taken].sum > 0
    assert sum(fanout.rounds[other].counts) == 0
    await client.peer.close()
