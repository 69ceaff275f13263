"""Pictures of a camera stream: somebody in their room, blinking, swaying, speaking."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from functools import cache

from PIL import Image

from .canvas import Canvas, Point
from .hands import draw_hand, hand_at
from .people import LOOKS, Pose, draw_person
from .rooms import PAD, draw_desk, room
from .script import FRAMES_PER_SECOND, PAUSE_AT_MS, TOTAL_MS, MediaFile
from .soundtrack import Mouth, mouths, sound, spoken_lines

_DETAIL = 3
_BLINK = ((0, 0.45), (67, 0.0), (134, 0.55))


def _stand(user_id: str, at_ms: float) -> tuple[float, float, float]:
    """Where somebody's head is in their room, and half its height."""
    later = at_ms >= PAUSE_AT_MS
    if user_id == "lin_teacher":
        return (250.0, 208.0, 98.0) if later else (312.0, 205.0, 94.0)
    if user_id == "amy":
        return (150.0, 112.0, 52.0) if later else (166.0, 114.0, 50.0)
    if later:
        return 168.0, 112.0, 50.0
    return (150.0, 110.0, 54.0) if at_ms >= 30_000 else (160.0, 114.0, 50.0)


@cache
def _blinks_ms(user_id: str) -> tuple[float, ...]:
    chance = random.Random(f"blinks of {user_id}")
    at_ms, blinks = chance.uniform(600, 2500), []
    while at_ms < TOTAL_MS:
        blinks.append(at_ms)
        at_ms += chance.uniform(1900, 4800)
    return tuple(blinks)


def _lids(user_id: str, at_ms: float) -> float:
    for blink_ms in _blinks_ms(user_id):
        for offset_ms, lids in _BLINK:
            if blink_ms + offset_ms <= at_ms < blink_ms + offset_ms + 67:
                return lids
    return 1.0


def _is_speaking(user_id: str, at_ms: float) -> bool:
    return any(
        line.user_id == user_id and line.start_ms - 150 <= at_ms < line.end_ms + 150
        for line in spoken_lines()
    )


def _pose(user_id: str, at_ms: float, mouth: Mouth) -> Pose:
    phase = {"lin_teacher": 0.0, "amy": 2.1, "bo": 4.0}[user_id]
    seconds = at_ms / 1000
    slow = math.sin(seconds * 0.8 + phase)
    slower = math.sin(seconds * 0.37 + 2 * phase)
    speaking = _is_speaking(user_id, at_ms)
    lively = 1.0 if speaking else 0.45
    beat = math.sin(seconds * 3.6 + phase) if speaking else 0.0
    hand = hand_at(user_id, at_ms)
    gaze: Point = (0.35 * slower, 0.15)
    yaw, nod = 0.5 * slower * lively, 0.35 * beat
    if hand and hand.movement == "write" and not speaking:
        gaze, yaw, nod = (0.8, 0.9), 0.8, 0.9
    elif hand and hand.movement == "write":
        yaw += 0.3
    x, y, size = _stand(user_id, at_ms)
    return Pose(
        x=x + 0.03 * size * slower,
        y=y + 0.012 * size * beat,
        size=size,
        turn=2.6 * slow * lively + 1.2 * beat,
        yaw=yaw,
        nod=nod,
        mouth=mouth,
        lids=_lids(user_id, at_ms),
        gaze=gaze,
        brows=1.0 if hand and hand.movement in ("palm", "raise", "wave") else 0.3 * max(0.0, beat),
    )


def _eased_poses(poses: list[Pose]) -> list[Pose]:
    """The same poses with sudden turns of the head spread over some pictures."""
    result, yaw, nod, turn = [], poses[0].yaw, poses[0].nod, poses[0].turn
    for pose in poses:
        yaw, nod, turn = (
            (yaw * 2 + pose.yaw) / 3,
            (nod * 2 + pose.nod) / 3,
            (turn * 2 + pose.turn) / 3,
        )
        eased = Pose(pose.x, pose.y, pose.size, turn, yaw, nod, pose.mouth, pose.lids, pose.gaze, pose.brows)
        result.append(eased)
    return result


def camera_pictures(file: MediaFile) -> Iterator[Image.Image]:
    """The pictures of one camera file, in order."""
    samples = sound(file)
    assert samples is not None
    teacher = file.user_id == "lin_teacher"
    units = file.width / (640 if teacher else 320)
    size = (file.width, file.height)
    times = [file.start_ms + index * 1000 / FRAMES_PER_SECOND for index in range(file.frame_count)]
    shapes = mouths(samples, file.frame_count)
    pairs = zip(times, shapes, strict=True)
    poses = _eased_poses([_pose(file.user_id, at_ms, shape) for at_ms, shape in pairs])
    base = room(file.user_id, size, units, _DETAIL, file.start_ms >= PAUSE_AT_MS)
    look = LOOKS[file.user_id]
    for at_ms, pose in zip(times, poses, strict=True):
        canvas = Canvas(size, detail=_DETAIL, units=units, base=base)
        draw_person(canvas, look, pose)
        if teacher:
            draw_desk(canvas)
        hand = hand_at(file.user_id, at_ms)
        if hand:
            draw_hand(canvas, look, hand, (pose.x, pose.y), pose.size, PAD)
        yield canvas.finished()
