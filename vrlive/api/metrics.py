"""Channel states as Prometheus metrics (text exposition format 0.0.4)."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from vrlive.api.models import ChannelState


class ChannelCollector(Collector):
    """Turns the states of all channels into metric families at each scrape."""

    def __init__(self, states: Callable[[], Iterable[ChannelState]]) -> None:
        self._states = states

    def collect(self) -> Iterable[Metric]:
        """One family a quantity, one sample a channel, camera or stage."""
        viewers = GaugeMetricFamily("vrlive_viewers", "Sessions that are connected.", labels=["channel"])
        restarts = CounterMetricFamily("vrlive_engine_restarts", "Times the engine was started again.", labels=["channel"])
        keyframes = CounterMetricFamily(
            "vrlive_keyframes", "Keyframes encoded, by all engines since the server started.", labels=["channel"]
        )
        live = GaugeMetricFamily("vrlive_camera_live", "1 while the camera delivers.", labels=["channel", "camera"])
        frames = CounterMetricFamily("vrlive_camera_frames", "Frames a camera delivered.", labels=["channel", "camera"])
        reconnects = CounterMetricFamily("vrlive_camera_reconnects", "Times a camera was opened again.", labels=["channel", "camera"])
        stages = SummaryMetricFamily("vrlive_stage_seconds", "Wall time a frame spends in a stage.", labels=["channel", "stage"])
        dropped = CounterMetricFamily("vrlive_stage_dropped", "Frames lost in a stage.", labels=["channel", "stage"])
        for state in self._states():
            channel = [state.name]
            viewers.add_metric(channel, state.viewers)
            restarts.add_metric(channel, state.engine.restarts)
            keyframes.add_metric(channel, state.keyframes)
            for camera in state.cameras:
                live.add_metric([*channel, camera.name], camera.state == "live")
                frames.add_metric([*channel, camera.name], camera.frames)
                reconnects.add_metric([*channel, camera.name], camera.reconnects)
            for stage in state.stages:
                stages.add_metric([*channel, stage.name], count_value=stage.frames, sum_value=stage.busy_s)
                dropped.add_metric([*channel, stage.name], stage.dropped)
        yield from (viewers, restarts, keyframes, live, frames, reconnects, stages, dropped)


def exposition(states: Callable[[], Iterable[ChannelState]]) -> bytes:
    """Render the metrics page."""
    registry = CollectorRegistry()
    registry.register(ChannelCollector(states))
    return generate_latest(registry)
