"""Channel states as Prometheus metrics (text exposition format 0.0.4)."""

from collections.abc import Callable, Iterable
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from vrlive.api.models import CameraPhase, ChannelPhase, ChannelState, EnginePhase, RecordPhase


class ChannelCollector(Collector):
    """Turns the states of all channels into metric families at each scrape."""

    def __init__(self, states: Callable[[], Iterable[ChannelState]]) -> None:
        self._states = states

    def collect(self) -> Iterable[Metric]:
        """One family a quantity, one sample a channel, camera or stage."""
        states = list(self._states())
        yield from _channels(states)
        yield from _cameras(states)
        yield from _stages(states)
        yield from _files(states)


def exposition(states: Callable[[], Iterable[ChannelState]]) -> bytes:
    """Render the metrics page."""
    registry = CollectorRegistry()
    registry.register(ChannelCollector(states))
    return generate_latest(registry)


def _channels(states: Iterable[ChannelState]) -> Iterable[Metric]:
    phase = GaugeMetricFamily("vrlive_channel_state", "1 for the state that the channel is in.", labels=["channel", "state"])
    engine = GaugeMetricFamily("vrlive_engine_state", "1 for the state that the engine is in.", labels=["channel", "state"])
    viewers = GaugeMetricFamily("vrlive_viewers", "Sessions that are connected.", labels=["channel"])
    restarts = _counter("vrlive_engine_restarts", "Times the engine was started again.")
    lost = _counter("vrlive_link_dropped", "Pictures and packets of sound lost between this engine and delivery.")
    keyframes = _counter("vrlive_keyframes", "Keyframes encoded, by all engines since the server started.")
    sent = _counter("vrlive_sent_bytes", "Pictures and sound sent to viewers, without what RTP adds.")
    dropped = _counter("vrlive_viewer_dropped", "Pictures and packets of sound that a viewer was too slow for.")
    refused = _counter("vrlive_offers_refused", "Offers that got no session.")
    for state in states:
        channel = [state.name]
        _add_state(phase, channel, state.state, get_args(ChannelPhase))
        _add_state(engine, channel, state.engine.state, get_args(EnginePhase))
        viewers.add_metric(channel, state.viewers)
        restarts.add_metric(channel, state.engine.restarts)
        lost.add_metric(channel, state.engine.dropped)
        keyframes.add_metric(channel, state.keyframes)
        sent.add_metric(channel, state.delivery.bytes_sent)
        dropped.add_metric(channel, state.delivery.dropped)
        refused.add_metric(channel, state.delivery.refused)
    return phase, engine, viewers, restarts, lost, keyframes, sent, dropped, refused


def _cameras(states: Iterable[ChannelState]) -> Iterable[Metric]:
    phase = GaugeMetricFamily("vrlive_camera_state", "1 for the state that the camera is in.", labels=["channel", "camera", "state"])
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


def _stages(states: Iterable[ChannelState]) -> Iterable[Metric]:
    seconds = SummaryMetricFamily("vrlive_stage_seconds", "Wall time a frame spends in a stage.", labels=["channel", "stage"])
    dropped = _counter("vrlive_stage_dropped", "Frames lost in a stage.", "stage")
    for state in states:
        for stage in state.stages:
            seconds.add_metric([state.name, stage.name], count_value=stage.frames, sum_value=stage.busy_s)
            dropped.add_metric([state.name, stage.name], stage.dropped)
    return seconds, dropped


def _files(states: Iterable[ChannelState]) -> Iterable[Metric]:
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


def _counter(name: str, meaning: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, meaning, labels=["channel", *labels])


def _add_state(family: GaugeMetricFamily, labels: list[str], state: str, states: Iterable[str]) -> None:
    for each in states:
        family.add_metric([*labels, each], each == state)
