/** Types of the timeline sync manifest 1.0. All *_ms are integer milliseconds, x-fields are those of others. */

export interface Manifest {
  format: "timeline-sync";
  version: `1.${number}`;
  generator: string;
  room_id: string | null;
  task_id: string | null;
  /** Length on the playback clock, from which pauses are cut out. */
  duration_ms: number;
  wall: Wall | null;
  /** The clock of the whole recording, to read it back; only where wall does not say all of it. */
  recording?: Recording;
  /** Ids of the tracks to be heard; the first leads the clock. */
  audio_tracks: string[];
  tracks: Track[];
  pauses: Pause[];
  sections: Section[];
  scenes: Scene[];
  findings: Finding[];
  [other: `x-${string}`]: unknown;
}

export interface Wall {
  start_unix_ms: number;
  stop_unix_ms: number;
  uncertainty_ms: number;
  [other: `x-${string}`]: unknown;
}

/** The wall clock of a whole recording; the manifest may show a part of it. */
export interface Recording {
  start_unix_ms: number;
  stop_unix_ms: number;
  uncertainty_ms: number;
  /** Absent where the stop is reckoned. */
  stop_uncertainty_ms?: number;
  duration_ms: number;
  /** From here on a pause may hide that nothing proves. */
  first_cut_ms?: number;
  /** Where on the recording's axis 0 of the manifest lies. */
  offset_ms: number;
  /** On the recording's axis; absent where they are those of the manifest. */
  pauses?: Pause[];
  [other: `x-${string}`]: unknown;
}

export interface Track {
  /** Opaque: use kind and user_id. */
  id: string;
  kind: "camera" | "screen" | "whiteboard" | "mixed" | "audio" | "other" | `other${number}`;
  user_id: string | null;
  label: string;
  role: "teacher" | "student" | "assistant" | "observer" | null;
  /** Tile [0, duration_ms): sorted, no holes, no overlap, none empty. */
  segments: Segment[];
  [other: `x-${string}`]: unknown;
}

export type Segment = ClipSegment | GapSegment;

/** At playback time t, media time is t - start_ms + media_start_ms. */
export interface ClipSegment {
  type: "clip";
  start_ms: number;
  end_ms: number;
  media_start_ms: number;
  url: string | null;
  mime: string;
  video_id: string | null;
  /** Number of the file, counted from 0 as files appear; written where a file appears again. */
  index?: number;
  /** Declared length of the whole file. */
  media_duration_ms?: number;
  size_bytes?: number;
  width_px?: number;
  height_px?: number;
  /** What a player opens instead of url: a path relative to the manifest (local), or a link (rewritten). */
  src?: string | null;
  src_status?: "local" | "missing" | "rewritten";
  [other: `x-${string}`]: unknown;
}

export interface GapSegment {
  type: "gap";
  start_ms: number;
  end_ms: number;
  kind: "late_start" | "absence" | "early_end" | "seam";
  [other: `x-${string}`]: unknown;
}

/** An instant of playback time, a length of wall time. */
export interface Pause {
  at_ms: number;
  duration_ms: number | null;
  duration_range_ms: [number, number];
  source: "declared" | "journal" | "inferred";
  [other: `x-${string}`]: unknown;
}

export interface Section {
  start_ms: number;
  end_ms: number;
  title: string;
  [other: `x-${string}`]: unknown;
}

export interface Scene {
  start_ms: number;
  end_ms: number;
  tracks: string[];
  [other: `x-${string}`]: unknown;
}

export interface Finding {
  code: string;
  severity: "info" | "warning" | "error";
  message: string;
  at_ms: number | null;
  where: string | null;
  [other: `x-${string}`]: unknown;
}
