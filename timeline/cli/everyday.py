"""The everyday commands: show, check, manifest, plot, render, demo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from timeline.checks import findings_at_least
from timeline.cli.console import (
    ProgressLine,
    output,
    print_findings,
    print_json,
    print_json_text,
    print_utf8,
    talk,
    talk_about,
    talk_of_slates,
)
from timeline.cli.lesson import named_source, takes_lesson, takes_reader
from timeline.cli.listing import print_timeline
from timeline.cli.media import AllowHost, Cache, Fetch, LenientSize, bring
from timeline.cli.report_text import print_report
from timeline.cli.text_plot import print_plot
from timeline.errors import ParameterError
from timeline.export.manifest import to_listing
from timeline.export.rewrite import parse_rewrites
from timeline.findings import Severity, finding_json
from timeline.kinds import CAMERA
from timeline.media.locate import media_folder
from timeline.model import Timeline
from timeline.sinks import terminal_text
from timeline.units import format_length, parse_frame_rate, parse_size, parse_time, seconds_to_ms

SLATED = 3
"""Exit status: the output was made, but slates replace parts of it."""

Media = Annotated[
    Path | None,
    typer.Option("--media", help="Folder of the media files; by default media/ beside RESULT."),
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace an output that is there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Font = Annotated[
    Path | None, typer.Option("--font", help="A font file to try first for names; also TIMELINE_FONT.")
]


@takes_lesson
def show(lesson: Timeline, as_json: AsJson = False) -> None:
    """Print tracks, gaps, pauses, sections and findings.

    Example: timeline show sample_results/guide_example.json
    """
    if as_json:
        print_json(to_listing(lesson))
    else:
        print_timeline(lesson, output())


@takes_lesson
def check(
    lesson: Timeline,
    media: Annotated[
        Path | None, typer.Option("--media", help="Look into the media files of this folder as well.")
    ] = None,
    cache: Annotated[Path | None, typer.Option("--cache", help="And into those of this media store.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 on a warning or worse.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print what is odd in a result, and with --media in the files that it names.

    Example: timeline check --strict sample_results/guide_query_response.json
    """
    findings = lesson.findings
    if media is not None or cache is not None:
        from timeline.media.examine import examine_media
        from timeline.media.store import MediaStore

        folder = None if media is None else media_folder(None, media)
        findings += examine_media(lesson, folder, None if cache is None else MediaStore(cache)).findings
    if as_json:
        print_json([finding_json(item) for item in findings])
    elif findings:
        print_findings(findings, output())
    else:
        print("no findings")
    if strict and findings_at_least(findings, Severity.WARNING):
        raise typer.Exit(1)


@takes_reader
def manifest(
    read: Callable[[], Timeline],
    result: str,
    output_path: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write; stdout by default.")
    ] = None,
    format_name: Annotated[
        str, typer.Option("--format", help="json, webvtt, webvtt-scenes, otio, iiif, mlt or rttm.")
    ] = "json",
    media: Annotated[
        Path | None, typer.Option("--media", help="Folder of the media files: clips gain src.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option("--rate", help="Frames per second, for otio (else exact ms) and mlt (25).")
    ] = None,
    layout: Annotated[
        str | None, typer.Option("--layout", help="Who is where, for iiif and mlt; stage by default.")
    ] = None,
    size: Annotated[str | None, typer.Option("--size", help="Canvas, WxH px, for iiif and mlt.")] = None,
    base_uri: Annotated[
        str | None, typer.Option("--base-uri", help="What the ids of iiif begin with.")
    ] = None,
    rewrite_url: Annotated[
        list[str] | None,
        typer.Option(
            "--rewrite-url",
            metavar="OLD=NEW|name",
            help="What to open: urls with another prefix (again for more), or the bare name of the file.",
        ),
    ] = None,
    validate: Annotated[
        bool,
        typer.Option("--validate", help="RESULT is a manifest: say what is wrong with it; exit 1 if any."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --validate: print JSON.")] = False,
    force: Force = False,
) -> None:
    """Write the sync manifest: what plays when, for a replay player; or another format (docs/formats.md).

    Example: timeline manifest sample_results/lesson -o lesson.json --media sample_results/lesson/media
    """
    if validate:
        _validate(result, as_json)
        return
    from timeline.export.formats import FORMATS, export_text, write_export

    options: dict[str, Any] = {
        "media": media,
        "rewrite_url": parse_rewrites(rewrite_url or []),
        "rate": None if rate is None else parse_frame_rate(rate),
        "layout": layout,
        "size_px": None if size is None else parse_size(size),
        "base_uri": base_uri,
    }
    given = {name: value for name, value in options.items() if value is not None}
    lesson = read()
    if output_path is None:
        text = export_text(lesson, format_name, **given)
        (print_json_text if FORMATS[format_name].suffix == ".json" else print_utf8)(text)
        return
    if format_name == "json":
        given["beside"] = output_path.parent
    write_export(lesson, output_path, format_name, overwrite=force, **given)
    talk(f"wrote {output_path}")


def _validate(result: str, as_json: bool) -> None:
    """Print what is wrong with a manifest, one line each; exit 1 if anything is."""
    from timeline.export.manifest_rules import validate_manifest

    with named_source(result) as source:
        problems = validate_manifest(source)
    if as_json:
        print_json([problem._asdict() for problem in problems])
    elif problems:
        for where, rule, message in problems:
            print(terminal_text(f"{where or 'the document'}: {message} ({rule})"))
    else:
        print("valid")
    if problems:
        raise typer.Exit(1)


@takes_lesson
def plot(
    lesson: Timeline,
    output_path: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A .png, .svg or .pdf file; without it a plot of letters is printed."
        ),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help="timeline, presence (who plays in which bin of time) or concurrency (how many)."
        ),
    ] = "timeline",
    clock: Annotated[
        str | None, typer.Option("--clock", help="Of the timeline: playback (by default) or wall.")
    ] = None,
    bin_length: Annotated[
        str | None,
        typer.Option(
            "--bin", help="Of presence: length of a bin, such as 0:30; by default at most 100 bins."
        ),
    ] = None,
    count: Annotated[
        str | None,
        typer.Option(
            "--count", help="Of concurrency: what is counted: camera (by default), camera,screen, all."
        ),
    ] = None,
    font: Font = None,
    force: Force = False,
) -> None:
    """Draw the timeline, one lane per track with pauses as cut lines, or another plot (docs/plots.md).

    Example: timeline plot sample_results/guide_example.json -o plot.png
    """
    options: dict[str, Any] = {}
    if clock is not None:
        options["clock"] = clock
    if bin_length is not None:
        options["bin_ms"] = parse_time(bin_length)
    if count is not None:
        options["kinds"] = None if count == "all" else tuple(count.split(","))
    if output_path is None:
        if clock not in (None, "playback") or bin_length is not None:
            raise ParameterError("--clock wall and --bin are of figures; name a file with -o")
        if count is not None and kind != "concurrency":
            raise ParameterError("--count is of --kind concurrency")
        print_plot(lesson, output(), kind, kinds=options.get("kinds", (CAMERA,)))
        return
    from timeline.plotting import write_plot

    findings = write_plot(lesson, output_path, kind, font=font, overwrite=force, **options)
    talk_about(findings)
    talk(f"wrote {output_path}")


@takes_lesson
def render(
    lesson: Timeline,
    result: str,
    output_path: Annotated[
        Path | None, typer.Option("--output", "-o", help="The .mp4 file to make.", show_default=False)
    ] = None,
    media: Media = None,
    layout: Annotated[
        str,
        typer.Option(
            "--layout", help="stage, grid, side-by-side, pip, single:TRACK, or FILE.json (docs/layouts.md)."
        ),
    ] = "stage",
    size: Annotated[
        str | None, typer.Option("--size", help="Canvas, WxH px; 1280x720, or 640x360 for a draft.")
    ] = None,
    fps: Annotated[
        str,
        typer.Option("--fps", help="Frames per second of the output; auto: as the files have, at most 30."),
    ] = "auto",
    labels: Annotated[
        bool, typer.Option("--labels/--no-labels", help="Names and notes over the pictures.")
    ] = True,
    gaps: Annotated[
        str, typer.Option("--gaps", help="Where somebody is absent: card, hold (the last picture) or hide.")
    ] = "card",
    clock: Annotated[
        str | None, typer.Option("--clock", help="A clock in the corner: playback or wall (UTC).")
    ] = None,
    title: Annotated[str, typer.Option("--title", help="A heading for the first four seconds.")] = "",
    crf: Annotated[int, typer.Option("--crf", help="Quality of x264: 0 lossless, 51 worst.")] = 23,
    encoder: Annotated[
        str, typer.Option("--encoder", help="Any video encoder of the ffmpeg that is used.")
    ] = "libx264",
    draft: Annotated[bool, typer.Option("--draft", help="Small, coarse and several times as fast.")] = False,
    vfr: Annotated[
        bool, typer.Option("--vfr", help="Leave out equal pictures where only boards and screens play.")
    ] = False,
    frame: Annotated[
        str | None, typer.Option("--frame", help="Write the one frame of this playback time as a .png.")
    ] = None,
    start: Annotated[str | None, typer.Option("--start", help="Playback time to begin at.")] = None,
    end: Annotated[str | None, typer.Option("--end", help="Playback time to end at.")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="ffmpeg side by side; one per core.", min=1)
    ] = None,
    allow_slates: Annotated[bool, typer.Option("--allow-slates", help="Exit 0 even with slates.")] = False,
    show_report: Annotated[
        bool, typer.Option("--report", help="Print what the video shows of each file.")
    ] = False,
    plan_only: Annotated[bool, typer.Option("--plan", help="Print the plan as JSON; run nothing.")] = False,
    font: Font = None,
    ffmpeg: Annotated[
        Path | None, typer.Option("--ffmpeg", help="Another ffmpeg; also TIMELINE_FFMPEG.")
    ] = None,
    fetch: Fetch = False,
    cache: Cache = None,
    allow_host: AllowHost = None,
    lenient_size: LenientSize = False,
    force: Force = False,
) -> None:
    """Make one review video of all streams.

    Example: timeline render sample_results/lesson -o review.mp4 --roster sample_results/lesson/roster.csv
    """
    size_px = None if size is None else parse_size(size)
    start_ms = parse_time(start) if start is not None else 0
    end_ms = parse_time(end) if end is not None else None
    if plan_only:
        from timeline.render.plan import DEFAULT_FRAME_RATE, DEFAULT_SIZE_PX, plan_video
        from timeline.render.plan_json import to_plan_json

        plan = plan_video(
            lesson,
            layout=layout,
            size_px=size_px or DEFAULT_SIZE_PX,
            frame_rate=DEFAULT_FRAME_RATE if fps == "auto" else parse_frame_rate(fps),
            start_ms=start_ms,
            end_ms=end_ms,
            gaps=gaps,
        )
        print_json(to_plan_json(plan))
        return
    if output_path is None:
        raise ParameterError("render needs -o FILE.mp4 (or --plan to see what it would do)")
    from timeline.render.video import render_frame, render_video

    folder = media_folder(None if result == "-" else Path(result), media)
    if fetch:
        bring(lesson, cache, allow_host, lenient_size, folder=folder)
    shared: dict[str, Any] = {
        "media": folder,
        "layout": layout,
        "size_px": size_px,
        "frame_rate": fps,
        "labels": labels,
        "gaps": gaps,
        "clock": clock,
        "title": title,
        "font": font,
        "ffmpeg": ffmpeg,
        "cache": cache,
        "overwrite": force,
    }
    if frame is not None:
        shown = render_frame(lesson, output_path, parse_time(frame), **shared)
        talk_about(shown.findings)
        talk(f"wrote {output_path}")
        return
    with ProgressLine("render") as progress:
        report = render_video(
            lesson,
            output_path,
            crf=crf,
            encoder=encoder,
            draft=draft,
            vfr=vfr,
            start_ms=start_ms,
            end_ms=end_ms,
            jobs=jobs,
            progress=progress,
            **shared,
        )
    talk_about(report.findings)
    length = format_length(report.plan.duration_ms)
    elapsed = format_length(seconds_to_ms(report.elapsed_s))
    talk(f"{output_path}: {length}, {report.plan.frames} frames, made in {elapsed}")
    if show_report:
        print_report(report.details, output())
    if report.slated_files:
        talk_of_slates(len(report.slated_files))
        raise typer.Exit(0 if allow_slates else SLATED)


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write.")] = Path("demo_output"),
    jobs: Annotated[
        int | None, typer.Option("--jobs", help="ffmpeg side by side; one per core.", min=1)
    ] = None,
    ffmpeg: Annotated[
        Path | None, typer.Option("--ffmpeg", help="Another ffmpeg; also TIMELINE_FFMPEG.")
    ] = None,
    force: Force = False,
) -> None:
    """Run the whole chain on the bundled lesson, offline: video, plot, manifest, table, and a page.

    Example: timeline demo demo_output
    """
    from timeline.demo import write_demo

    with ProgressLine("demo") as progress:
        made = write_demo(folder, ffmpeg=ffmpeg, jobs=jobs, overwrite=force, progress=progress)
    talk_about(made.report.findings)
    talk(f"made {made.page}; open it in a browser")
