"""States of the channels and the server as Prometheus metrics (text exposition format 0.0.4)."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import get_args

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from vrlive.api.models import CameraPhase, ChannelPhase, ChannelState, EnginePhase, HistogramState, RecordPhase, RenditionPhase, ServerState


class StateCollector(Collector):
    """Turns states into metric families: one family a quantity, one sample a channel, camera, rendition or stage."""

    def __init__(self, channels: Sequence[ChannelState], server: ServerState | None) -> None:
        self._channels, self._server = channels, server

    def collect(self) -> Iterable[Metric]:
        """All families."""
        for families in (_channels, _engines, _delivery, _sessions, _renditions, _cameras, _stages, _sounds, _files):
            yield from families(self._channels)
        if self._server:
            yield from _of_server(self._server)


def exposition(channels: Sequence[ChannelState], server: ServerState | None) -> bytes:
    """Render the metrics page; with what Prometheus' own clients say of their process, when there is a server."""
    registry = CollectorRegistry()
    registry.register(StateCollector(channels, server))
    if server:
        ProcessCollector(registry=registry)
    return generate_latest(registry)


def _channels(states: Sequence[ChannelState]) -> Iterable[Metric]:
    phase = _gauge("vrlive_channel_state", "1 for the state that the channel is in.", "state")
    viewers = _gauge("vrlive_viewers", "Sessions that are connected.")
    late = _gauge("vrlive_viewers_behind", "Viewers that are behind what there is to see, or wait for a keyframe.")
    delay = _gauge("vrlive_capture_to_delivery_seconds", "From capture until delivery has it, of the newest picture.")
    for state in states:
        _add_state(phase, [state.name], state.state, get_args(ChannelPhase))
        viewers.add_metric([state.name], state.viewers)
        late.add_metric([state.name], state.delivery.late)
        delay.add_metric([state.name], state.delivery.delay_ms / 1e3)
    return phase, viewers, late, delay


def _engines(states: Sequence[ChannelState]) -> Iterable[Metric]:
    phase = _gauge("vrlive_engine_state", "1 for the state that the engine is in.", "state")
    restarts = _counter("vrlive_engine_restarts", "Times the engine had failed and was started again.")
    lost = _counter("vrlive_link_dropped", "Pictures and packets of sound lost between this engine and delivery.")
    cpu = _counter("vrlive_engine_cpu_seconds", "Processor time of this engine.")
    memory = _gauge("vrlive_engine_resident_memory_bytes", "Memory that this engine holds.")
    for state in states:
        _add_state(phase, [state.name], state.engine.state, get_args(EnginePhase))
        restarts.add_metric([state.name], state.engine.restarts)
        lost.add_metric([state.name], state.engine.dropped)
        if state.engine.process:
            cpu.add_metric([state.name], state.engine.process.cpu_s)
            memory.add_metric([state.name], state.engine.process.resident_bytes)
    return phase, restarts, lost, cpu, memory


def _delivery(states: Sequence[ChannelState]) -> Iterable[Metric]:
    counted = {
        "packets_sent": _counter("vrlive_sent_packets", "Packets of pictures and sound sent to viewers, without retransmissions."),
        "bytes_sent": _counter("vrlive_sent_bytes", "Pictures and sound sent to viewers, without what RTP adds."),
        "unsendable": _counter("vrlive_unsendable_packets", "Packets that this host refused to send."),
        "missed": _counter("vrlive_missed_packets", "Packets that viewers asked for again."),
        "resent": _counter("vrlive_resent_packets", "Packets that were sent again."),
        "resent_bytes": _counter("vrlive_resent_bytes", "Bytes that were sent again."),
        "probed_bytes": _counter("vrlive_probed_bytes", "Bytes sent again only to find out what a viewer's line carries."),
        "denied": _counter("vrlive_denied_packets", "Packets not sent again: the viewer asked for too much, or its line takes no more."),
        "dropped": _counter("vrlive_viewer_dropped", "Pictures and packets of sound that a viewer was too slow for."),
    }
    for state in states:
        for name, family in counted.items():
            family.add_metric([state.name], getattr(state.delivery, name))
    return counted.values()


def _sessions(states: Sequence[ChannelState]) -> Iterable[Metric]:
    refused = _counter("vrlive_offers_refused", "Offers that got no session.")
    ended = _counter("vrlive_sessions_ended", "Sessions that have ended, by why.", "reason")
    joins = HistogramMetricFamily("vrlive_join_seconds", "From a viewer's offer until its first packet.", labels=["channel"])
    for state in states:
        refused.add_metric([state.name], state.delivery.refused)
        for reason, count in state.delivery.ended.items():
            ended.add_metric([state.name, reason], count)
        if state.delivery.joins:
            _add_histogram(joins, [state.name], state.delivery.joins)
    return refused, ended, joins


def _renditions(states: Sequence[ChannelState]) -> Iterable[Metric]:
    phase = _gauge("vrlive_rendition_state", "1 for the state that the rendition is in.", "rendition", "feed", "state")
    viewers = _gauge("vrlive_rendition_viewers", "Viewers that are sent this rendition.", "rendition", "feed")
    pictures = _counter("vrlive_rendition_pictures", "Pictures encoded, by all engines since the server started.", "rendition", "feed")
    keyframes = _counter("vrlive_rendition_keyframes", "Keyframes among them.", "rendition", "feed")
    size = _counter("vrlive_rendition_bytes", "Bytes of them.", "rendition", "feed")
    for state in states:
        for rendition in state.renditions:
            labels = [state.name, rendition.name, rendition.feed]
            _add_state(phase, labels, rendition.state, get_args(RenditionPhase))
            viewers.add_metric(labels, rendition.viewers)
            pictures.add_metric(labels, rendition.pictures)
            keyframes.add_metric(labels, rendition.keyframes)
            size.add_metric(labels, rendition.bytes)
    return phase, viewers, pictures, keyframes, size


def _cameras(states: Sequence[ChannelState]) -> Iterable[Metric]:
    phase = _gauge("vrlive_camera_state", "1 for the state that the camera is in.", "camera", "state")
    frames = _counter("vrlive_camera_frames", "Frames a camera delivered.", "camera")
    dropped = _counter("vrlive_camera_dropped", "Frames of a camera lost because this machine was too slow.", "camera")
    reconnects = _counter("vrlive_camera_reconnects", "Times a camera was opened again.", "camera")
    for state in states:
        for camera in state.cameras:
            labels = [state.name, camera.name]
            _add_state(phase, labels, camera.state, get_args(CameraPhase))
            frames.add_metric(labels, camera.frames)
            dropped.add_metric(labels, camera.dropped)
            reconnects.add_metric(labels, camera.reconnects)
    return phase, frames, dropped, reconnects


def _stages(states: Sequence[ChannelState]) -> Iterable[Metric]:
    seconds = SummaryMetricFamily("vrlive_stage_seconds", "Wall time a frame spends in a stage.", labels=["channel", "stage"])
    dropped = _counter("vrlive_stage_dropped", "Frames lost in a stage.", "stage")
    for state in states:
        for stage in state.stages:
            seconds.add_metric([state.name, stage.name], count_value=stage.frames, sum_value=stage.busy_s)
            dropped.add_metric([state.name, stage.name], stage.dropped)
    return seconds, dropped


def _sounds(states: Sequence[ChannelState]) -> Iterable[Metric]:
    level = _gauge("vrlive_sound_level_dbfs", "Level of a camera's sound before gain (RMS); absent while it is silent.", "camera")
    offset = _gauge("vrlive_sound_offset_seconds", "How far its capture times are from where it is played.", "camera")
    drift = _gauge("vrlive_sound_drift_ratio", "How much slower than this machine's its clock runs: 1e-4 for 100 ppm.", "camera")
    missed = _counter("vrlive_sound_missed", "Pieces of 20 ms in which some of a camera's sound was missing.", "camera")
    limited = _gauge("vrlive_sound_limited_db", "How much the limiter turns the mix down: 0 or less.")
    for state in states:
        limited.add_metric([state.name], state.sound.limited_db)
        for each in state.sound.inputs:
            named = [state.name, each.camera]
            if each.level_db is not None:
                level.add_metric(named, each.level_db)
            offset.add_metric(named, each.offset_ms / 1e3)
            drift.add_metric(named, each.drift_ppm / 1e6)
            missed.add_metric(named, each.missed)
    return level, offset, drift, missed, limited


def _files(states: Sequence[ChannelState]) -> Iterable[Metric]:
    phase = GaugeMetricFamily("vrlive_recording_state", "1 for the state that the recording is in.", labels=["channel", "state"])
    recorded = _counter("vrlive_recorded_bytes", "Bytes recorded into files.")
    missed = _counter("vrlive_recording_dropped", "Pictures and packets of sound that the disk was too slow for.")
    hls = _counter("vrlive_hls_sent_bytes", "HLS segments sent to players and caches.")
    hls_missed = _counter("vrlive_hls_dropped", "Pictures and packets of sound that were not cut into HLS in time.")
    for state in states:
        _add_state(phase, [state.name], state.record.state, get_args(RecordPhase))
        recorded.add_metric([state.name], state.record.bytes_written)
        missed.add_metric([state.name], state.record.dropped)
        hls.add_metric([state.name], state.hls.bytes_sent)
        hls_missed.add_metric([state.name], state.hls.dropped)
    return phase, recorded, missed, hls, hls_missed


def _of_server(state: ServerState) -> Iterable[Metric]:
    yield InfoMetricFamily("vrlive", "This server.", {"version": state.version})
    yield InfoMetricFamily("vrlive_fanout", "How packets are sent, and why so.", {"way": state.fanout.way, "words": state.fanout.words})
    rounds = HistogramMetricFamily("vrlive_fanout_round_seconds", "Time to send what was due to everybody, once a picture.", labels=["way"])
    for way, counted in state.fanout.rounds.items():
        _add_histogram(rounds, [way], counted)
    yield rounds
    reloads = CounterMetricFamily("vrlive_reloads", "Times that channels' files were read again.", labels=["result"])
    reloads.add_metric(["done"], state.reloads.done)
    reloads.add_metric(["refused"], state.reloads.refused)
    yield reloads


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, labels=["channel", *labels])


def _counter(name: str, meaning: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, meaning, labels=["channel", *labels])


def _add_state(family: GaugeMetricFamily, labels: list[str], state: str, states: Iterable[str]) -> None:
    for each in states:
        family.add_metric([*labels, each], each == state)


def _add_histogram(family: HistogramMetricFamily, labels: list[str], counted: HistogramState) -> None:
    bounds = [*(f"{bound:g}" for bound in counted.bounds), "+Inf"]
    family.add_metric(labels, list(zip(bounds, accumulate(counted.counts), strict=True)), counted.sum)
