"""Files that no one should trust: each looks like a video to somebody, and wants to be opened.

`make_hostile_media` writes them all. What some of them point at lies in a folder of its own, so that a test
sees whether anything there is ever opened.
"""

from __future__ import annotations

import random
import struct
import subprocess
import zipfile
from pathlib import Path

MOVIE_BOXES = (b"moov", b"trak", b"mdia", b"minf", b"dinf")


def make_hostile_media(folder: Path, healthy: Path, ffmpeg: Path) -> dict[str, Path]:
    """Write the corpus into *folder*; *healthy* is an mp4 with its index behind. Return its files by name."""
    secret = folder / "secret"
    secret.mkdir(parents=True)
    (secret / "other.mp4").write_bytes(healthy.read_bytes())
    (folder / "sibling.mp4").write_bytes(healthy.read_bytes())
    contents = _texts(secret / "other.mp4") | _headers() | _broken(healthy.read_bytes(), secret / "other.mp4")
    files = {}
    for name, content in contents.items():
        files[name] = folder / f"{name}.mp4"
        files[name].write_bytes(content)
    with zipfile.ZipFile(folder / "zip.mp4", "w") as archive:
        archive.writestr("a.txt", "nothing")
    files["zip"] = folder / "zip.mp4"
    return files | _encoded(folder, ffmpeg)


def _texts(secret: Path) -> dict[str, bytes]:
    """Playlists and pages, plain and behind the mark of each container."""
    hls = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{}\n#EXT-X-ENDLIST\n"
    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT3S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
        'bandwidth="9"><BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>'
    )
    texts = {
        "hls_sibling": hls.format("sibling.mp4"),
        "hls_absolute": hls.format(secret),
        "hls_file_url": hls.format(f"file://{secret}"),
        "hls_passwords": hls.format("file:///etc/passwd"),
        "hls_network": hls.format("http://127.0.0.1:9/a.mp4"),
        "hls_itself": hls.format("hls_itself.mp4"),
        "hls_master": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{secret}\n",
        "dash_absolute": dash.format(secret),
        "dash_network": dash.format("http://127.0.0.1:9/a.mp4"),
        "dash_empty": dash.format(""),
        "concat_sibling": "ffconcat version 1.0\nfile sibling.mp4\n",
        "concat_absolute": f"ffconcat version 1.0\nfile '{secret}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 19000 RTP/AVP 96\n",
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{secret}" width="9"/></svg>',
        "html": "<!doctype html><html><body>404 not found</body></html>",
        "smil": f'<smil><body><video src="{secret}"/></body></smil>',
        "subtitles": "1\n00:00:00,000 --> 00:00:03,000\nhello\n",
        "shell": f"#!/bin/sh\ncat {secret}\n",
        "json": "{}",
    }
    plain = {name: text.encode() for name, text in texts.items()}
    playlist = plain["hls_absolute"]
    return plain | {
        "marked_mov": b"#EXTftypM3U\n" + playlist[8:],
        "marked_matroska": b"\x1a\x45\xdf\xa3" + playlist,
        "marked_flv": b"FLV\x01\x05\x00\x00\x00\x09" + playlist,
        "marked_mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00" + playlist,
        "concat_marked_mp3": b"ID3" + plain["concat_absolute"],
    }


def _headers() -> dict[str, bytes]:
    """Heads of other formats, and lengths that nobody should believe."""
    ftyp = box(b"ftyp", b"isom\x00\x00\x02\x00isomiso2mp41")
    nested = b""
    for _ in range(3000):
        nested = box(b"moov", nested)
    return {
        "empty": b"",
        "one_byte": b"\xff",
        "zeros": b"\x00" * 4096,
        "avi": b"RIFF\xff\xff\xff\x7fAVI LIST" + b"\x00" * 400,
        "ogg": b"OggS\x00\x02" + b"\x00" * 400,
        "transport_stream": (b"G\x40\x00\x10" + b"\xff" * 184) * 20,
        "png_bomb": b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + b"\x00\x01\x86\xa0" * 2 + b"\x08\x06",
        "gif": b"GIF89a" + b"\xff" * 400,
        "elf": b"\x7fELF" + b"\x01" * 400,
        "mov_only_ftyp": ftyp,
        "mov_endless_box": ftyp + b"\x00\x00\x00\x01mdat\x7f\xff\xff\xff\xff\xff\xff\xff",
        "mov_negative_box": ftyp + b"\x00\x00\x00\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
        "mov_tiny_boxes": ftyp + b"\x00\x00\x00\x08free" * 100_000,
        "mov_box_of_zero": ftyp + b"\x00\x00\x00\x00moov" * 50,
        "mov_nested": ftyp + nested,
        "matroska_only_head": b"\x1a\x45\xdf\xa3\x80",
        "matroska_huge": b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xfe" + b"\x00" * 64,
        "matroska_empty_elements": b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff" + b"\xec\x80" * 50_000,
        "flv_no_tags": b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00",
        "flv_huge_tag": b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00\x09\xff\xff\xff" + b"\xff" * 64,
        "mp3_marks_only": b"\xff\xfb\x90\x00" * 5000,
        "mp3_huge_tag": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"\x00" * 64,
    }


def _broken(healthy: bytes, secret: Path) -> dict[str, bytes]:
    """A healthy mp4 with something wrong in it."""
    dice = random.Random(4)
    flipped, lost = bytearray(healthy), bytearray(healthy)
    for _ in range(400):
        flipped[dice.randrange(32, len(healthy))] ^= 1 << dice.randrange(8)
    where = healthy.index(b"moov")
    for _ in range(60):
        lost[dice.randrange(where + 8, len(healthy))] = dice.randrange(256)
    return {
        "flipped": bytes(flipped),
        "flipped_index": bytes(lost),
        "no_index": healthy[: where - 4],
        "cut_index": healthy[: where + 400],
        "endless_tables": healthy.replace(b"stsz" + b"\x00" * 8, b"stsz" + b"\x00" * 4 + b"\x7f" * 4).replace(
            b"stts" + b"\x00" * 4, b"stts" + b"\x00" * 4 + b"\x7f" * 4
        ),
        "many_pixels": claimed_size(healthy, 60_000, 60_000),
        "foreign_reference": foreign_reference(healthy, secret),
        "script_codec": healthy.replace(b"avc1", b"text").replace(b"mp4a", b"text"),
    }  # fmt: skip


def _encoded(folder: Path, ffmpeg: Path) -> dict[str, Path]:
    """What a real encoder makes and nobody should accept."""
    source = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1"]
    one = ["-frames:v", "1"]
    recipes = {
        "magicyuv": [*source, "-c:v", "magicyuv", "-f", "mov"],
        "many_streams": [*source, *["-map", "0:v"] * 17, "-c:v", "mpeg4", "-f", "mp4"],
        "many_real_pixels": ["-f", "lavfi", "-i", "color=size=8000x4500", *one, "-c:v", "mpeg4", "-f", "mp4"],
        "two_days": [*source, "-vf", "setpts=N*86400/TB", "-frames:v", "2", "-c:v", "mpeg4", "-f", "mp4"],
    }
    files = {}
    for name, recipe in recipes.items():
        path = folder / f"{name}.mp4"
        command = [
            str(ffmpeg),
            "-nostdin",
            "-v",
            "error",
            "-y",
            *recipe,
            "-fps_mode",
            "passthrough",
            str(path),
        ]
        if subprocess.run(command, capture_output=True).returncode == 0:
            files[name] = path
    return files


def box(kind: bytes, content: bytes) -> bytes:
    """Return one box of an mp4."""
    return struct.pack(">I", len(content) + 8) + kind + content


def foreign_reference(movie: bytes, target: Path) -> bytes:
    """Return an mp4, with its index behind, whose samples are said to lie in another file."""
    url = box(b"url ", b"\x00\x00\x00\x00" + f"file://{target}".encode() + b"\x00")
    return _rewritten(movie, b"dref", b"\x00\x00\x00\x00\x00\x00\x00\x01" + url)


def claimed_duration(movie: bytes, seconds: int) -> bytes:
    """Return an mp4 whose movie header claims another length."""
    at = movie.index(b"mvhd") + 4
    (scale,) = struct.unpack_from(">I", movie, at + 12)
    return movie[: at + 16] + struct.pack(">I", seconds * scale) + movie[at + 20 :]


def claimed_size(movie: bytes, width_px: int, height_px: int) -> bytes:
    """Return an mp4 whose sample entry claims another size, and a codec that cannot say better."""
    at = movie.index(b"avc1", movie.index(b"stsd"))
    head = movie[:at] + b"vp09" + movie[at + 4 : at + 28]
    return head + struct.pack(">2H", width_px, height_px) + movie[at + 32 :].replace(b"avcC", b"free")


def _rewritten(data: bytes, kind: bytes, content: bytes) -> bytes:
    """Return boxes with the content of each one of *kind* replaced, inside others too."""
    out, at = b"", 0
    while at + 8 <= len(data):
        (length,), name = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        inner = data[at + 8 : at + length]
        if name == kind:
            out += box(name, content)
        elif name in MOVIE_BOXES:
            out += box(name, _rewritten(inner, kind, content))
        else:
            out += data[at : at + length]
        at += length
    return out
