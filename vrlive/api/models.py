"""What the API says: the state of a channel, as JSON (OpenAPI at /api/docs)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from vrlive.config import SoundTuning, Tuning

Feed = Literal["burned", "clean"]
Projection = Literal["equirect", "vr180", "cubemap", "eac"]
Stereo = Literal["mono", "top-bottom"]
ChannelPhase = Literal["connecting", "live", "degraded", "slate", "offline"]
CameraPhase = Literal["connecting", "live", "stalled", "failed"]
RenditionPhase = Literal["encoding", "idle", "refused"]
RecordPhase = Literal["off", "waiting", "recording", "full", "failed"]
HlsPhase = Literal["off", "idle", "cutting"]
Way = Literal["fast", "portable"]
EnginePhase = Literal["starting", "running", "restarting", "stopped"]
PHASES = (
    "connecting: no picture yet; degraded: on air without some of its cameras; slate: on air without its engine, or without any camera."
)


class CameraState(BaseModel):
    """One camera, as its capture thread sees it."""

    name: str
    state: CameraPhase
    size: str = ""
    fps: float = 0.0
    frames: int = 0
    dropped: int = 0
    reconnects: int = 0
    fault: Annotated[str, Field(description="Why it is not live, or was not the last time.")] = ""


class StageState(BaseModel):
    """One stage of the pipeline, over its last ten seconds."""

    name: str
    median_ms: float
    p95_ms: float
    frames: int
    dropped: int
    busy_s: Annotated[float, Field(description="Seconds of wall time spent in the stage since the engine started.")]
    fault: str = ""


class HistogramState(BaseModel):
    """How often something took how long."""

    bounds: Annotated[list[float], Field(description="Ascending.")]
    counts: Annotated[list[int], Field(description="Up to each bound, from the one before; the last: more than all bounds.")]
    sum: float


class ProcessState(BaseModel):
    """What a process takes."""

    cpu_s: Annotated[float, Field(description="Processor time since it started, of all its threads.")]
    resident_bytes: int


class EngineState(BaseModel):
    """The process that captures, stitches and encodes."""

    state: EnginePhase
    restarts: Annotated[int, Field(description="After it had failed; not those that a reload asked for.")] = 0
    pid: int | None = None
    process: Annotated[ProcessState | None, Field(description="null: it is not there, or this system does not say.")] = None
    dropped: Annotated[int, Field(description="Pictures and packets of sound lost on the way from this engine to delivery.")] = 0
    fault: Annotated[str, Field(description="Why it last ended, or what it goes without.")] = ""


class DeliveryState(BaseModel):
    """What all viewers together were sent since the server started."""

    bytes_sent: Annotated[int, Field(description="Pictures and sound, without what RTP adds.")] = 0
    packets_sent: int = 0
    dropped: Annotated[int, Field(description="Pictures and packets of sound that a viewer was too slow for.")] = 0
    unsendable: Annotated[int, Field(description="Packets that this host refused to send.")] = 0
    missed: Annotated[int, Field(description="Packets that viewers asked for again.")] = 0
    resent: Annotated[int, Field(description="Packets that were sent again.")] = 0
    resent_bytes: int = 0
    probed_bytes: Annotated[int, Field(description="Sent again only to find out what a viewer's line carries.")] = 0
    denied: Annotated[int, Field(description="Packets not sent again: the viewer asked for too much, or its line takes no more.")] = 0
    late: Annotated[int, Field(description="Viewers that are behind now, or wait for a keyframe.")] = 0
    delay_ms: Annotated[float, Field(description="From capture until delivery has it, of the newest picture.")] = 0.0
    refused: Annotated[int, Field(description="Offers that got no session.")] = 0
    joins: Annotated[HistogramState | None, Field(description="Seconds from a viewer's offer until its first packet.")] = None
    ended: Annotated[dict[str, int], Field(description="Sessions, by why they ended.")] = {}


class LoopState(BaseModel):
    """A loop that plays in real time: frame n is due at ``origin_unix_s + n / fps``, again every `frames` frames."""

    frames: int
    fps: float
    origin_unix_s: float


class GarmentState(BaseModel):
    """A garment in the scene, and where it stands."""

    name: str
    title: str
    variant: str
    variants: list[str]
    yaw_deg: Annotated[float, Field(description="Positive to the right of forward.")]
    pitch_deg: Annotated[float, Field(description="Positive above the horizon.")]
    visible: bool = True
    in_force: Annotated[bool, Field(description="Whether the picture shows it so; that takes some tenths of a second.")] = True


class StitchState(BaseModel):
    """How the picture is turned, and how far its scene is taken to be."""

    yaw_deg: Annotated[float, Field(description="The whole picture is turned right.")]
    pitch_deg: Annotated[float, Field(description="It is turned up.")]
    roll_deg: Annotated[float, Field(description="It is turned clockwise.")]
    distance_m: Annotated[float | None, Field(description="null: far away.")]
    in_force: Annotated[bool, Field(description="Whether it is shown so; that takes some tenths of a second, and a camera.")]


class RenditionState(BaseModel):
    """The picture at one size and rate, with garments burned into it or clean."""

    name: str
    feed: Feed = "burned"
    bitrate_kbps: int
    state: Annotated[RenditionPhase, Field(description="idle: nobody watches it; refused: too much for this machine besides the others.")]
    viewers: int = 0
    pictures: Annotated[int, Field(description="That came from the engine and those before it, since the server started.")] = 0
    keyframes: int = 0
    bytes: int = 0
    reason: Annotated[str, Field(description="Why it is refused.")] = ""


class SoundInputState(BaseModel):
    """A camera whose sound is mixed."""

    camera: str
    gain_db: float
    delay_ms: Annotated[float, Field(description="How much later than the picture it is heard.")]
    mute: bool
    in_force: Annotated[bool, Field(description="Whether it is heard so.")] = False
    channels: Annotated[int, Field(description="2: stereo; 4: ambisonics; 0: none has come yet.")] = 0
    level_db: Annotated[float | None, Field(description="Before gain, below full scale (RMS); null: silence, or nothing comes.")] = None
    offset_ms: Annotated[float, Field(description="How far its capture times have lately been from where it is played.")] = 0.0
    drift_ppm: Annotated[float, Field(description="How much slower than this machine's its clock runs.")] = 0.0
    missed: Annotated[int, Field(description="Pieces of 20 ms in which some of its sound was missing.")] = 0
    fault: Annotated[str, Field(description="What is wrong with it, though it comes.")] = ""

    @property
    def tuning(self) -> SoundTuning:
        """What can be changed."""
        return SoundTuning(gain_db=self.gain_db, delay_ms=self.delay_ms, mute=self.mute)


class SoundState(BaseModel):
    """The sound of the programme."""

    inputs: Annotated[list[SoundInputState], Field(description="Whose sound is mixed.")] = []
    ambisonics: Annotated[bool, Field(description="Whether the whole sphere of sound goes out besides stereo.")] = False
    limited_db: Annotated[float, Field(description="How much the limiter turns it down at the moment: 0 or less.")] = 0.0


class RecordState(BaseModel):
    """The recording of the show."""

    state: Annotated[RecordPhase, Field(description="waiting: for the first picture; full: no room is left, it goes on when there is.")]
    file: Annotated[str, Field(description="Name of the file that is being written.")] = ""
    duration_s: Annotated[float, Field(description="How long that file is.")] = 0.0
    bytes_written: Annotated[int, Field(description="Into all files, since the server started.")] = 0
    dropped: Annotated[int, Field(description="Pictures and packets of sound that the disk was too slow for.")] = 0
    fault: Annotated[str, Field(description="Why nothing is recorded.")] = ""


class HlsState(BaseModel):
    """The show as HTTP Live Streaming."""

    state: Annotated[HlsPhase, Field(description="idle: nobody asks for it, and nothing is cut.")]
    window_s: Annotated[float, Field(description="How far players can go back.")] = 0.0
    bytes_sent: Annotated[int, Field(description="Segments sent to players and caches since the server started.")] = 0
    dropped: Annotated[int, Field(description="Pictures and packets of sound that this machine was too slow for.")] = 0
    replay_s: Annotated[float, Field(description="Length of the newest show's recording, where viewers may watch it; 0: they may not.")] = (
        0.0
    )


class EngineReport(BaseModel):
    """What the engine tells delivery twice a second."""

    cameras: list[CameraState] = []
    stages: list[StageState] = []
    garments: list[GarmentState] = []
    tuning: Tuning | None = None
    renditions: list[RenditionState] = []
    sounds: list[SoundInputState] = []
    limited_db: float = 0.0
    dropped: int = 0
    fault: str = ""
    garment_tunings: dict[str, dict[str, Any]] = {}


class LayoutState(BaseModel):
    """How the directions of the picture lie in its frames."""

    projection: Annotated[
        Projection,
        Field(description="equirect: the whole sphere; vr180: its half in front; cubemap, eac: six faces, three across and two down."),
    ] = "equirect"
    stereo: Annotated[Stereo, Field(description="top-bottom: a picture for each eye, the left one's on top.")] = "mono"


class ChannelState(BaseModel):
    """Everything about one channel."""

    name: str
    title: str
    state: Annotated[ChannelPhase, Field(description=PHASES)]
    size: Annotated[str, Field(description="Of the pictures that are sent; in stereo both eyes' together.")]
    layout: LayoutState = LayoutState()
    fps: float
    viewers: int
    keyframes: Annotated[int, Field(description="Keyframes that came from the engine and those before it, since the server started.")]
    engine: EngineState
    delivery: DeliveryState
    cameras: list[CameraState]
    stages: list[StageState]
    garments: list[GarmentState]
    renditions: Annotated[list[RenditionState], Field(description="The largest first, of each feed.")]
    feeds: Annotated[
        list[Feed],
        Field(
            description="burned: garments are in the picture; clean: viewers draw them, where there is a scene. Asked for by data channel."
        ),
    ] = ["burned"]
    stitch: StitchState
    sound: SoundState
    record: RecordState
    hls: HlsState
    loop: LoopState | None
    description: str = ""
    host: Annotated[str, Field(description="Who presents the show.")] = ""
    brand: Annotated[str, Field(description="Whose show it is.")] = ""
    starts_unix_s: Annotated[float | None, Field(description="When the show begins; null: it is not said.")] = None
    ends_unix_s: Annotated[float | None, Field(description="When it ends; null: it is not said.")] = None
    show_revision: Annotated[int, Field(description="Grows with every change of what `/show` says.")] = 0
    caption_revision: Annotated[int, Field(description="Grows with every caption; see `/captions`.")] = 0
    now_unix_s: Annotated[float, Field(description="The server's wall clock when it answered.")]


class FanoutState(BaseModel):
    """How packets are sent to all viewers."""

    way: Way
    words: Annotated[str, Field(description="What the way does, or why it is not the fast one.")]
    rounds: Annotated[dict[Way, HistogramState], Field(description="Seconds that a round took, to send what was due to everybody.")]


class ReloadReport(BaseModel):
    """What came of reading the channels' files again: channels by name."""

    added: list[str] = []
    removed: list[str] = []
    changed: Annotated[list[str], Field(description="While they stayed on air: their tuning, title, recording or HLS.")] = []
    restarted: Annotated[list[str], Field(description="With a new engine; viewers saw the slate.")] = []
    unchanged: list[str] = []


class ReloadState(BaseModel):
    """Reloads since the server started."""

    done: int = 0
    refused: int = 0
    last_unix_s: float | None = None
    fault: Annotated[str, Field(description="Why the last was refused; empty: it was not.")] = ""


class ServerState(BaseModel):
    """The server itself, beside its channels."""

    version: str
    pid: int
    uptime_s: float
    viewers: int
    process: ProcessState | None
    fanout: FanoutState
    reloads: ReloadState
    channels: list[str]
    now_unix_s: float


class ChannelName(BaseModel):
    """A channel in the list."""

    name: str
    title: str


class ChannelList(BaseModel):
    """All channels, the one at `/` first."""

    channels: list[ChannelName]


class Health(BaseModel):
    """Every channel is on air."""

    status: str
    slate: Annotated[list[str], Field(description="Channels that show their slate, for want of an engine or of any camera.")]


class Problem(BaseModel):
    """The body of every refusal."""

    error: Annotated[str, Field(description="What is wrong and what would be right.")]
