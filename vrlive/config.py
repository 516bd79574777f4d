"""The model of channel.toml.

The keys are a public format, described with units and allowed values in docs/reference.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from vrlive.toml import Section
from vrlive.units import SHAPES, Size

_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", re.IGNORECASE)  # a host source of CSP 3, section 2.3.1

SMALLEST = Size(128, 64)  # in a smaller programme the slate's letters would be less than a pixel


def _large_enough(size: Size) -> Size:
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        raise ValueError(f"{size} is too small for a programme; the smallest is {SMALLEST}")
    return size


SphereSize = Annotated[
    Size,
    BeforeValidator(lambda value: Size.parse(value) if isinstance(value, str) else value),
    AfterValidator(_large_enough),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+x\d+$", "examples": ["1920x960"]}),
]
FrameSize = Annotated[
    Size,
    BeforeValidator(lambda value: Size.parse(value) if isinstance(value, str) else value),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+x\d+$", "examples": ["2560x1280"]}),
]
PUBLISHED = "whip:"  # the address of a camera that somebody publishes to us
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class CameraConfig(Section):
    """``[[camera]]``: one feed. The rig's lenses name it by its position, from 0."""

    name: Annotated[Name, Field(description="Shown on the page and in the API.")]
    url: Annotated[
        str,
        Field(
            min_length=1,
            description="A file, rtsp(s)://, rtmp(s)://, http(s)://, udp://, rtp://, v4l2:/dev/video0, demo:0 … demo:5, "
            "or whip: for a camera that is published to /whip/<channel>/<camera>.",
        ),
    ]
    loop: Annotated[bool, Field(description="Play a file in real time, again and again.")] = False
    open_timeout_s: Annotated[float, Field(gt=0, le=60, description="Give up opening after this long.")] = 10.0
    read_timeout_s: Annotated[float, Field(gt=0, le=60, description="A camera silent for this long is stalled.")] = 5.0
    input_size: Annotated[FrameSize | None, Field(description="Asked of a v4l2 device. None: its driver's choice.")] = None
    input_fps: Annotated[float | None, Field(gt=0, le=1000, description="Asked of a v4l2 device. None: its driver's choice.")] = None
    input_format: Annotated[
        str | None, Field(pattern=r"^[a-z0-9_]+$", description="Asked of a v4l2 device: mjpeg, yuyv422, h264 … None: its driver's choice.")
    ] = None

    @field_validator("url")
    @classmethod
    def _is_published_here(cls, url: str) -> str:
        if url.lower().startswith(PUBLISHED) and url != PUBLISHED:
            raise ValueError("whip: stands alone: the camera is published to /whip/<channel>/<camera> of this server")
        return url

    @model_validator(mode="after")
    def _asks_a_device(self) -> Self:
        asked = (self.input_size, self.input_fps, self.input_format)
        if any(each is not None for each in asked) and not self.url.lower().startswith("v4l2:"):
            raise ValueError("input_size, input_fps and input_format are for v4l2: cameras; others send what they are set to")
        return self


class NadirConfig(Section):
    """``[stitch.nadir]``: what lies over the tripod."""

    picture: Annotated[str | None, Field(description="A logo: a picture file.")] = None
    colour: Annotated[
        str | None,
        Field(pattern=r"^#[0-9a-fA-F]{6}$", description="A disc of this colour, #rrggbb; beneath a picture with transparent parts."),
    ] = None
    diameter_deg: Annotated[float, Field(ge=1, le=120, description="Angle that the longer side takes in.")] = 40.0

    @model_validator(mode="after")
    def _shows_something(self) -> Self:
        if self.picture is None and self.colour is None:
            raise ValueError("give a picture, a colour, or both")
        return self


class Tuning(Section):
    """What of stitching can be changed while a show is on air."""

    yaw_deg: Annotated[float, Field(ge=-360, le=360, description="Turn the whole picture right.")] = 0.0
    pitch_deg: Annotated[float, Field(ge=-180, le=180, description="Turn it up.")] = 0.0
    roll_deg: Annotated[float, Field(ge=-180, le=180, description="Turn it clockwise, about what lies ahead.")] = 0.0
    distance_m: Annotated[
        float | None, Field(ge=0.1, le=1e6, description="How far the scene is, for lenses that stand apart. None: far away.")
    ] = None


class StitchConfig(Tuning):
    """``[stitch]``: how the cameras become one picture."""

    feather_deg: Annotated[float, Field(gt=0, le=45, description="Full width of the blend across a seam.")] = 10.0
    gains: Annotated[bool, Field(description="Match exposure and white balance between cameras.")] = True
    anchor: Annotated[
        str | None, Field(description="Name of the camera that the others are matched to. None: the mean of all stays as it is.")
    ] = None
    level: Annotated[bool, Field(description="Level the horizon by the telemetry of a GoPro's file among the cameras.")] = False
    nadir: Annotated[NadirConfig | None, Field(description="What lies over the tripod. None: it is shown as it is filmed.")] = None

    @property
    def tuning(self) -> Tuning:
        """What of it can be changed on air."""
        return Tuning.model_validate(self.model_dump(include=set(Tuning.model_fields)))


class SoundTuning(Section):
    """What of an input of the sound can be changed while a show is on air."""

    gain_db: Annotated[float, Field(ge=-60, le=24, description="How much louder it is made, or quieter.")] = 0.0
    delay_ms: Annotated[float, Field(ge=-500, le=2000, description="Heard so much later than the picture; below 0: earlier.")] = 0.0
    mute: Annotated[bool, Field(description="Leave it out for the time being.")] = False


class SoundConfig(SoundTuning):
    """``[[sound]]``: a camera whose sound is heard."""

    camera: Annotated[str, Field(description="Name of the camera.")]
    format: Annotated[
        Literal["stereo", "ambisonics"],
        Field(description="stereo: whatever it sends is mixed down to two channels. ambisonics: it sends four, in ACN order, SN3D."),
    ] = "stereo"

    @property
    def tuning(self) -> SoundTuning:
        """What of it can be changed on air."""
        return SoundTuning.model_validate(self.model_dump(include=set(SoundTuning.model_fields)))


class SyncConfig(Section):
    """``[sync]``: which pictures belong together."""

    hold_ms: Annotated[float, Field(ge=0, le=5000, description="How long a late camera is waited for before it is left out.")] = 80.0


class EncodeConfig(Section):
    """``[encode]``: the one encode that all viewers share."""

    bitrate_kbps: Annotated[int, Field(ge=200, le=100_000, description="Target and ceiling of the video rate.")] = 6000
    keyframe_s: Annotated[float, Field(ge=0.5, le=20, description="Longest time between keyframes.")] = 2.0
    preset: Annotated[Literal["ultrafast", "superfast", "veryfast"], Field(description="x264 preset.")] = "ultrafast"


class RecordConfig(Section):
    """``[record]``: keep the show in files."""

    enabled: Annotated[bool, Field(description="Record whenever the channel is on air.")] = False
    folder: Annotated[str, Field(min_length=1, description="Where to; it is made if it is not there.")] = "recordings"
    quota_gb: Annotated[
        float | None, Field(ge=0.001, le=1e6, description="Room for all recordings of this channel together. None: no limit but the disk.")
    ] = None
    keep_free_gb: Annotated[float, Field(ge=0, le=1e6, description="Leave so much of the disk to others.")] = 2.0
    when_full: Annotated[
        Literal["stop", "drop-oldest"],
        Field(description="When there is no more room: stop recording, or drop the channel's oldest recordings."),
    ] = "stop"
    replay: Annotated[bool, Field(description="Viewers may watch the newest show's recording, at /hls/<name>/replay/index.m3u8.")] = False
    split_min: Annotated[float, Field(ge=0.05, le=1440, description="Begin another file after so many minutes.")] = 60.0


class HlsConfig(Section):
    """``[hls]``: the programme as HTTP Live Streaming, at /hls/<name>/index.m3u8."""

    enabled: Annotated[bool, Field(description="Offer it.")] = True
    always: Annotated[bool, Field(description="Cut it whether somebody asks or not, so that the first can look back too.")] = False
    dvr_s: Annotated[float, Field(ge=6, le=600, description="How far players can go back. It is kept in memory.")] = 60.0


class RenditionConfig(Section):
    """``[[rendition]]``: the programme once more, smaller, for thin lines and small screens."""

    size: Annotated[SphereSize, Field(description="Smaller than the programme, and than the rendition before.")]
    bitrate_kbps: Annotated[int, Field(ge=100, le=100_000, description="Target and ceiling of its video rate.")]


def _moment(value: Any) -> Any:
    if not isinstance(value, datetime | str):
        raise ValueError("a moment has a date, a time and its offset from UTC, such as 2026-12-01T19:00:00+01:00")  # noqa: TRY004 - pydantic's validators raise it
    return value


def _with_offset(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"the offset from UTC is missing: write {value.isoformat()}+01:00, or Z for UTC itself")
    return value


Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_with_offset)]


class ProgrammeConfig(Section):
    """``[programme]``: what viewers are told of the show. It can be changed while the show is on air."""

    description: Annotated[str, Field(max_length=4000, description="A few sentences, in plain text.")] = ""
    host: Annotated[str, Field(max_length=120, description="Who presents it.")] = ""
    brand: Annotated[str, Field(max_length=120, description="Whose show it is.")] = ""
    starts: Annotated[Moment | None, Field(description="When it begins, with the offset from UTC (RFC 3339). None: it is not said.")] = None
    ends: Annotated[Moment | None, Field(description="When it ends. None: it is not said.")] = None

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            raise ValueError(f"it ends at {self.ends.isoformat()}, which is not after its start at {self.starts.isoformat()}")
        return self


def _origin(text: str) -> str:
    if text != "*" and not _ORIGIN.fullmatch(text):
        raise ValueError(f"“{text}” is no origin; write scheme and host, such as https://brand.example or https://*.brand.example, or *")
    return text.lower()


EmbedOrigin = Annotated[str, AfterValidator(_origin)]


def _shop(text: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", text.lower()):
        raise ValueError(f"“{text}” is no origin; write scheme and host alone, such as https://shop.example")
    return text.lower()


ShopOrigin = Annotated[str, AfterValidator(_shop)]


class PictureConfig(Section):
    """``[picture]``: how the programme shows the sphere."""

    projection: Annotated[
        Literal["equirect", "vr180", "cubemap", "eac"],
        Field(
            description="equirect: all of it; vr180: its half in front; cubemap, eac: all of it on six faces, three across and two down."
        ),
    ] = "equirect"
    stereo: Annotated[
        Literal["mono", "top-bottom"] | None,
        Field(description="top-bottom: a picture for each eye, the left one's on top. None: so if the rig has lenses of both eyes."),
    ] = None


def _usual_size(picture: PictureConfig) -> Size:
    across, down = SHAPES[picture.projection]
    return Size(960 * across // down, 960)


class ChannelConfig(Section):
    """All of channel.toml."""

    name: Annotated[Name, Field(description="The channel's address: /watch/<name>.")]
    title: Annotated[str, Field(max_length=120, description="Shown as the page's title.")] = ""
    picture: PictureConfig = PictureConfig()
    size: Annotated[
        SphereSize,
        Field(description="Size of the programme picture; of one eye's in stereo. None: 1920x960, or 960 high in another projection."),
    ] = Field(default_factory=lambda known: _usual_size(known.get("picture", PictureConfig())))
    fps: Annotated[float, Field(ge=1, le=120, description="Frames a second of the programme.")] = 25.0
    rig: Annotated[str, Field(description="A rig.toml or another program's rig file, or one of the words: demo, equirect.")]
    scene: Annotated[str | None, Field(description="A scene.toml, or the name of a showroom that ships. None: no garments.")] = None
    programme: ProgrammeConfig = ProgrammeConfig()
    shop_origins: Annotated[
        tuple[ShopOrigin, ...],
        Field(max_length=16, description="Sites whose cart the bag on the page is when they embed it, such as https://shop.example."),
    ] = ()
    camera: Annotated[tuple[CameraConfig, ...], Field(min_length=1, max_length=32)]
    sound: Annotated[
        tuple[SoundConfig, ...], Field(max_length=32, description="Whose sound is mixed. None: that of the first camera that has any.")
    ] = ()
    stitch: StitchConfig = StitchConfig()
    sync: SyncConfig = SyncConfig()
    encode: EncodeConfig = EncodeConfig()
    record: RecordConfig = RecordConfig()
    hls: HlsConfig = HlsConfig()
    rendition: Annotated[
        tuple[RenditionConfig, ...] | None,
        Field(max_length=4, description="Smaller renditions, encoded while somebody watches them. None: two of usual size; []: none."),
    ] = None

    embed_origins: Annotated[
        tuple[EmbedOrigin, ...],
        Field(max_length=64, description="Which sites may show the channel in a frame, such as https://brand.example. *: all; []: none."),
    ] = ("*",)

    @property
    def ambisonics(self) -> bool:
        """Whether the whole sphere of sound goes out, besides stereo."""
        return any(each.format == "ambisonics" for each in self.sound)

    @property
    def stereo(self) -> bool:
        """Whether there is a picture for each eye."""
        return self.picture.stereo == "top-bottom"

    @property
    def frame(self) -> Size:
        """Size of the pictures that are encoded and sent: in stereo, both eyes' one above the other."""
        return self.framed(self.size)

    def framed(self, size: Size) -> Size:
        """The same of a picture of another size."""
        return Size(size.width, size.height * 2) if self.stereo else size

    @field_validator("size")
    @classmethod
    def _size_has_its_shape(cls, size: Size, info: ValidationInfo) -> Size:
        picture = info.data.get("picture")
        if picture:
            size.check_shape(picture.projection)
        return size

    @model_validator(mode="after")
    def _renditions_shrink(self) -> Self:
        larger, faster = self.size, self.encode.bitrate_kbps
        for each in self.rendition or ():
            each.size.check_shape(self.picture.projection)
            if each.size.width >= larger.width or each.bitrate_kbps >= faster:
                raise ValueError(
                    f"rendition {each.size} at {each.bitrate_kbps} kbit/s must be less than {larger} at {faster}: the largest comes first"
                )
            larger, faster = each.size, each.bitrate_kbps
        return self
