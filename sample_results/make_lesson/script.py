"""What happens when: people, spoken lines, gestures and media files, in playback milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["camera", "screen", "whiteboard"]
Movement = Literal["wave", "write", "palm", "cup", "raise"]

FRAMES_PER_SECOND: Final = 15
SAMPLES_PER_SECOND: Final = 48_000
TOTAL_MS: Final = 75_000
PAUSE_AT_MS: Final = 45_000
START_TIME_S: Final = 1_717_405_200
STOP_TIME_S: Final = START_TIME_S + 135
ROOM_ID: Final = 20_240_603
RECORD_USER_ID: Final = "tic_record_user_20240603_7"


@dataclass(frozen=True)
class Person:
    """Somebody in the class, with the voice that speaks for them."""

    user_id: str
    name: str
    role: Literal["teacher", "student"]
    voice: str
    words_per_minute: int
    pitch: int


@dataclass(frozen=True)
class Line:
    """One thing that somebody says, from the moment they begin."""

    start_ms: int
    user_id: str
    text: str


@dataclass(frozen=True)
class Gesture:
    """One movement of somebody's hand; the hand comes and goes within the span."""

    start_ms: int
    end_ms: int
    user_id: str
    movement: Movement


@dataclass(frozen=True)
class MediaFile:
    """One media file: a stretch of one stream."""

    kind: Kind
    user_id: str
    start_ms: int
    end_ms: int
    width: int
    height: int
    stem: str
    video_id: str

    @property
    def duration_ms(self) -> int:
        """Length of the file."""
        return self.end_ms - self.start_ms

    @property
    def frame_count(self) -> int:
        """Number of pictures that fill the file."""
        return -(-self.duration_ms * FRAMES_PER_SECOND // 1000)

    @property
    def file_name(self) -> str:
        """Name of the file, as its address ends."""
        return f"{self.stem}.mp4"


TEACHER: Final = Person("lin_teacher", "Ms Lin", "teacher", "en-us+f3", 168, 52)
AMY: Final = Person("amy", "Amy", "student", "en+f4", 172, 66)
BO: Final = Person("bo", "Bo", "student", "en+m3", 170, 55)
PEOPLE: Final = (TEACHER, AMY, BO)

LINES: Final = (
    Line(700, "lin_teacher", "Hello everyone! Today we meet the theorem of Pythagoras."),
    Line(4_700, "lin_teacher", "Take a triangle with one right angle."),
    Line(7_300, "lin_teacher", "The short sides are A and B. Bo, what do we call side C?"),
    Line(11_350, "bo", "The hypotenuse!"),
    Line(12_900, "amy", "Hello Miz Lin! Sorry I am late."),
    Line(15_400, "lin_teacher", "Hello Amy! Bo is right, C is the hypotenuse."),
    Line(19_000, "lin_teacher", "Now draw a square on each side."),
    Line(21_300, "lin_teacher", "The two small squares together are as big as the large one."),
    Line(25_000, "lin_teacher", "Oh, we have lost Bo. I hope he comes back soon."),
    Line(29_200, "lin_teacher", "So A squared plus B squared equals C squared."),
    Line(33_350, "bo", "Sorry everyone, I lost my connection."),
    Line(35_700, "lin_teacher", "No problem, Bo. Amy, if A is three and B is four, what is C?"),
    Line(41_000, "amy", "C is five!"),
    Line(42_150, "lin_teacher", "Five! Let us take a short break."),
    Line(45_700, "lin_teacher", "Welcome back, everyone! Here is a quick quiz."),
    Line(50_600, "lin_teacher", "The short sides are six and eight. How long is the hypotenuse?"),
    Line(56_200, "amy", "It is ten. Thirty six plus sixty four is one hundred."),
    Line(60_500, "lin_teacher", "Ten! Exactly right, Amy."),
    Line(63_400, "lin_teacher", "Any questions?"),
    Line(64_650, "bo", "Does it work for every triangle?"),
    Line(66_550, "lin_teacher", "No. Only if there is a right angle."),
    Line(68_880, "bo", "Thank you, bye!"),
    Line(70_400, "lin_teacher", "That is all for today. Thank you, and see you next time!"),
    Line(74_250, "amy", "Bye!"),
)

GESTURES: Final = (
    Gesture(500, 2_300, "lin_teacher", "wave"),
    Gesture(4_300, 10_600, "lin_teacher", "write"),
    Gesture(10_900, 15_000, "lin_teacher", "palm"),
    Gesture(15_200, 17_000, "lin_teacher", "wave"),
    Gesture(18_900, 28_600, "lin_teacher", "write"),
    Gesture(28_900, 32_600, "lin_teacher", "write"),
    Gesture(33_100, 35_000, "lin_teacher", "write"),
    Gesture(37_000, 44_600, "lin_teacher", "write"),
    Gesture(45_000, 49_600, "lin_teacher", "cup"),
    Gesture(51_800, 55_600, "lin_teacher", "palm"),
    Gesture(57_000, 59_900, "lin_teacher", "write"),
    Gesture(60_700, 62_900, "lin_teacher", "write"),
    Gesture(63_200, 65_900, "lin_teacher", "palm"),
    Gesture(66_300, 72_300, "lin_teacher", "write"),
    Gesture(72_700, 75_600, "lin_teacher", "wave"),
    Gesture(12_400, 14_800, "amy", "wave"),
    Gesture(39_900, 41_700, "amy", "raise"),
    Gesture(55_200, 57_200, "amy", "raise"),
    Gesture(73_400, 75_600, "amy", "wave"),
    Gesture(2_500, 4_300, "bo", "wave"),
    Gesture(10_400, 11_800, "bo", "raise"),
    Gesture(33_200, 35_200, "bo", "palm"),
    Gesture(63_900, 65_600, "bo", "raise"),
    Gesture(68_500, 70_400, "bo", "wave"),
)

MEDIA_FILES: Final = (
    MediaFile("whiteboard", "", 0, 45_000, 960, 720, "Qm47xV1bT0eZ", "52858907829640031174205"),
    MediaFile("camera", "amy", 45_000, 75_000, 320, 240, "h3KpW9dLs6Yc", "5285890782964003381"),
    MediaFile("camera", "lin_teacher", 60_020, 75_000, 480, 360, "uT5rNz82BqXf", "5285890782964003352"),
    MediaFile("camera", "bo", 33_000, 45_000, 320, 240, "P0sLd7Vw4GjA", "52858907829640031174377"),
    MediaFile("camera", "lin_teacher", 0, 45_000, 640, 480, "c8Yb2MfE6tRk", "5285890782964003118"),
    MediaFile("screen", "lin_teacher", 50_000, 66_000, 960, 540, "Zx1JqH95oUaS", "5285890782964003360"),
    MediaFile("camera", "bo", 2_000, 24_000, 320, 240, "e7GvTc3Kn0Lw", "5285890782964003129"),
    MediaFile("whiteboard", "", 45_000, 75_000, 960, 720, "B4dRy6Pz8mXh", "52858907829640031174389"),
    MediaFile("camera", "amy", 12_000, 45_000, 320, 240, "w2FsA5Uj9QeN", "52858907829640031174218"),
    MediaFile("camera", "bo", 45_000, 70_000, 320, 240, "Kt6ZlC0iV3Ho", "5285890782964003397"),
    MediaFile("camera", "lin_teacher", 45_000, 60_000, 640, 480, "r9WnE1XgB5Dp", "5285890782964003344"),
)
"""The files in the order of the result's list, which is not the order of time."""

CLICKS_MS: Final = (61_000, 64_800)
"""When the mouse clicks on the shared screen."""
