import pytest

from vrlive.capture.opening import device_options, redacted
from vrlive.config import CameraConfig


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://127.0.0.1:8554/cam", "rtsp://127.0.0.1:8554/…"),
        ("rtsp://u:SECRET@camera.local/cam?token=SECRET", "rtsp://camera.local/…"),
        ("rtsp://u:SECRET@SECRET@[fd00::1]:554/cam", "rtsp://[fd00::1]:554/…"),
        ("rtmp://127.0.0.1:1/live/SECRET", "rtmp://127.0.0.1:1/…"),
        ("RTMP://127.0.0.1:1?SECRET", "rtmp://127.0.0.1:1/…"),
        ("https://example.org#SECRET", "https://example.org/…"),
        ("rtsp://u:SECRET/SECRET@127.0.0.1:1/x", "rtsp://…"),
        ("rtsp://u:SECRET#SECRET@127.0.0.1:1/x", "rtsp://…"),
        ("rtsp://u:SECRET?SECRET@127.0.0.1:1/x", "rtsp://…"),
        ("http://127.0.0.1/cam?mail=a@SECRET", "http://…"),
        ("v4l2:/dev/video0", "v4l2:/dev/video0"),
        ("clips/cam@night?.mp4", "clips/cam@night?.mp4"),
    ],
)
def test_of_an_address_only_kind_and_host_are_shown(url: str, shown: str) -> None:
    assert redacted(url) == shown


def test_a_device_is_asked_only_for_what_was_given() -> None:
    device = {"name": "a", "url": "v4l2:/dev/video0"}
    asked = CameraConfig.model_validate(device | {"input_size": "1920x1080", "input_fps": 29.97, "input_format": "mjpeg"})
    assert device_options(asked) == {"video_size": "1920x1080", "framerate": "29.97", "input_format": "mjpeg"}
    assert device_options(CameraConfig.model_validate(device)) == {}
