// What plays at a time, typed: tsc --strict playing.ts, with manifest.d.ts of the package beside it.
import type { ClipSegment, Manifest, Track } from "./manifest";

export interface Playing {
  track: Track;
  clip: ClipSegment;
  media_ms: number;
}

export function playing(manifest: Manifest, at_ms: number): Playing[] {
  return manifest.tracks.flatMap((track) => {
    const segment = track.segments.find((one) => one.start_ms <= at_ms && at_ms < one.end_ms);
    if (segment?.type !== "clip") return []; // a gap has no media
    return [{ track, clip: segment, media_ms: at_ms - segment.start_ms + segment.media_start_ms }];
  });
}

/** Its address; null where there is none to be had. */
export function address(clip: ClipSegment, manifestUrl: URL): URL | null {
  if (clip.src_status === "missing") return null;
  if (clip.src_status === "local" && clip.src != null) {
    return new URL(clip.src.split("/").map(encodeURIComponent).join("/"), manifestUrl);
  }
  const link = clip.src ?? clip.url;
  return link === null ? null : new URL(link, manifestUrl);
}

export function pauseText({ duration_ms, duration_range_ms: [least, most] }: Manifest["pauses"][number]): string {
  return duration_ms === null ? `paused, ${least} to ${most} ms` : `paused for ${duration_ms} ms`;
}
