/**
 * Plays the many files of one class together, as a sync manifest says (docs/manifest.md, manifest.d.ts).
 *
 *     <script type="module" src="timeline-player.js"></script>
 *     <timeline-player src="lesson.json"></timeline-player>
 *
 * No dependency, no build. First what needs no page (the manifest, the clock, the replay of many media elements),
 * then the element, which shows pictures only; timeline-controls.js has buttons and lanes.
 * All *Ms are milliseconds of playback time, from which pauses are cut out, unless the name says otherwise.
 */

/* ---------------------------------------------------------------- the manifest */

const LAST_MS = 864e13; // no Date goes further

/** Return a manifest, checked, from its JSON text or from an object; a TypeError says what is wrong and where. */
function parseManifest(source) {
  const manifest = typeof source === "string" ? JSON.parse(source) : source;
  const expect = (isRight, where, what) => {
    if (!isRight) throw new TypeError(`${where}: expected ${what}`);
  };
  const isText = (value) => typeof value === "string";
  const isOptional = (value, isRight) => value === undefined || value === null || isRight(value);
  const are = (values) => values.every(Number.isSafeInteger);
  expect(manifest?.format === "timeline-sync", "format", "timeline-sync");
  expect(isText(manifest.version) && /^1\.\d+$/.test(manifest.version), "version", "1.x; a newer player reads newer manifests");
  expect(Number.isSafeInteger(manifest.duration_ms) && manifest.duration_ms >= 0, "duration_ms", "integer ms");
  for (const list of ["tracks", "audio_tracks", "pauses", "sections"]) {
    expect(Array.isArray(manifest[list]), list, "a list");
  }
  const ids = new Set();
  manifest.tracks.forEach((track, number) => {
    const where = `tracks[${number}]`;
    expect(isText(track?.id) && !ids.has(track.id), `${where}.id`, "a string of its own");
    expect(isText(track.kind), `${where}.kind`, "a string");
    expect(Array.isArray(track.segments), `${where}.segments`, "a list");
    ids.add(track.id);
    let reachedMs = 0;
    track.segments.forEach((segment, index) => {
      const { start_ms: startMs, end_ms: endMs, kind, "x-why": why } = segment ?? {};
      const isNext = startMs === reachedMs && Number.isSafeInteger(endMs) && endMs > startMs;
      expect(isNext, `${where}.segments[${index}]`, `a stretch that begins at ${reachedMs}`);
      const isPlaced = segment.type !== "clip" || Number.isSafeInteger(segment.media_start_ms);
      expect(isPlaced, `${where}.segments[${index}].media_start_ms`, "integer ms");
      expect([kind, why].every((word) => isOptional(word, isText)), `${where}.segments[${index}].kind`, "a string");
      reachedMs = endMs;
    });
    expect(reachedMs === manifest.duration_ms, `${where}.segments`, `an end at ${manifest.duration_ms}`);
  });
  const { wall, pauses, sections } = manifest;
  const isClock = () => are([wall.start_unix_ms, wall.stop_unix_ms, wall.uncertainty_ms]);
  expect(isOptional(wall, isClock), "wall", "integer ms, or null");
  pauses.forEach((pause, number) => {
    const { at_ms: atMs, duration_ms: durationMs, duration_range_ms: rangeMs } = pause ?? {};
    const isRight = Array.isArray(rangeMs) && are([atMs, durationMs ?? 0, rangeMs[0], rangeMs[1]]);
    expect(isRight, `pauses[${number}]`, "integer ms");
  });
  sections.forEach((section, number) => {
    const isRight = are([section?.start_ms, section?.end_ms]) && isText(section.title);
    expect(isRight, `sections[${number}]`, "integer ms and a title");
  });
  return manifest;
}

/** Return what each track does at a time: a Map of track id to {track, segment, mediaMs}; mediaMs is null in a gap. */
function at(manifest, atMs) {
  return new Map(
    manifest.tracks.map((track) => {
      const segment = track.segments[segmentIndex(track, atMs)] ?? null;
      const mediaMs = segment?.type === "clip" ? atMs - segment.start_ms + segment.media_start_ms : null;
      return [track.id, { track, segment, mediaMs }];
    }),
  );
}

/** Return the number of the segment of a track that holds a time; beyond the end there is none. */
function segmentIndex(track, atMs) {
  let low = 0;
  let high = track.segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (track.segments[middle].end_ms <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Return {wallMs, uncertaintyMs} of a playback time, Unix ms, or null where the data cannot tell.
 * At a pause's instant it is the time after the pause.
 */
function wallAt(manifest, atMs) {
  const wall = manifest.wall;
  if (!wall) return null;
  const before = manifest.pauses.filter((pause) => pause.at_ms <= atMs);
  let pausedMs = 0;
  if (before.every((pause) => pause.duration_ms !== null)) {
    for (const pause of before) pausedMs += pause.duration_ms;
  } else if (before.length === manifest.pauses.length) {
    pausedMs = wall.stop_unix_ms - wall.start_unix_ms - manifest.duration_ms; // the last stamp knows their sum
  } else {
    return null;
  }
  const wallMs = wall.start_unix_ms + atMs + pausedMs;
  return Math.abs(wallMs) <= LAST_MS ? { wallMs, uncertaintyMs: wall.uncertainty_ms } : null;
}

/**
 * Return the address of a clip's file, or null: its local file or rewritten link relative to *base*, else its url.
 * A stranger's string is only ever a path on the base's own server, or a whole http(s) link.
 */
function addressOf(segment, base) {
  const isRewritten = segment.src_status === "rewritten";
  if (typeof segment.src === "string" && segment.src !== "" && !isRewritten) {
    const parts = segment.src.toWellFormed().split("/").filter(Boolean); // of file:, "//" would begin a host
    return new URL(`./${parts.map(encodeURIComponent).join("/")}`, base).href;
  }
  const link = isRewritten ? segment.src : segment.url;
  const isSafe = isRewritten ? /^(?:https?:\/\/|(?![^/?#]*:|[^?#]*\/\/))[^\0-\x20\\]+$/i : /^https?:\/\//i;
  return typeof link === "string" && isSafe.test(link) && URL.canParse(link, base) ? new URL(link, base).href : null;
}

/* ---------------------------------------------------------------- the clock */

/** The playback clock of a lesson: the truth for all that is shown. It runs through gaps and never past the end. */
class Clock {
  #setMs = 0;
  #sinceMs = null; // machine time from which it runs; null while it stands
  #rate = 1;

  constructor(durationMs, machineMs) {
    this.durationMs = durationMs;
    this.machineMs = machineMs;
  }

  get nowMs() {
    const goneMs = this.#sinceMs === null ? 0 : (this.machineMs() - this.#sinceMs) * this.#rate;
    return Math.min(Math.max(this.#setMs + goneMs, 0), this.durationMs);
  }

  get isRunning() {
    return this.#sinceMs !== null;
  }

  get rate() {
    return this.#rate;
  }

  set rate(rate) {
    this.set(this.nowMs);
    this.#rate = rate;
  }

  start() {
    this.#sinceMs = this.machineMs();
  }

  stop() {
    this.set(this.nowMs);
    this.#sinceMs = null;
  }

  set(atMs) {
    this.#setMs = atMs;
    if (this.isRunning) this.#sinceMs = this.machineMs();
  }
}

/* ---------------------------------------------------------------- the replay of many media elements */

const TICK_MS = 40;
const IDLE_TICK_MS = 250;
const DEAD_MS = 8; // nearer to the clock than this is right
const NEAR_MS = 20; // of what stands still
const CALM_MS = 2; // a correction once begun goes on until this near
const TAU_MS = 350; // an error is taken back in about this time
const MOST_NUDGE = 0.25; // of the rate
const SEEK_MS = 500; // a picture that is off by more is sought, not nudged
const HEARD_SEEK_MS = 150; // a sound is never nudged while it is heard
const TRUE_MS = 250; // so long after its start a sound's position is not to be trusted
const LEARN_SHARE = 0.2;
const LEAD_SHARE = 0.05; // of its error, by which the leading sound moves the clock each tick
const SEEK_REST_MS = 1500; // between two seeks of the same element while playing
const PRELOAD_MS = 8000;
const BARRIER_MS = 2000;
const GRACE_MS = 120; // an element may starve so long before all wait for it
const STALL_MS = 5000; // then the class goes on without it
const ALL_STALLED_MS = 15000; // or without all of them
const MOST_LOADED = 48; // browsers refuse more than some 75 elements with media

/** One of the two media elements of a track: it holds one clip. */
class Slot {
  constructor(element, address, habits) {
    this.element = element;
    this.address = address; // (segment, attempt) → address, null, or a promise of one
    this.segment = null;
    this.failure = null; // {code, detail} once its file cannot be played
    this.starvingSinceMs = null;
    this.habits = habits; // of all elements with sound, or without: what begins together must be set going together
    this.#forget();
    element.addEventListener("error", () => this.#fail());
  }

  #forget() {
    this.soughtS = null;
    this.rolledMs = null;
    this.rolledS = 0;
    this.movedMs = null;
    this.isCorrecting = false;
    this.isPrerolled = false;
    this.isNudged = false;
    this.lastSeekMs = -Infinity;
    clearTimeout(this.rollTimer);
    this.rollTimer = null;
  }

  /** Load a clip's file; with a *failure*, only if it has another address by now: links expire. */
  load(segment, atMs, failure = null) {
    this.#forget();
    this.element.pause();
    this.segment = segment;
    this.failure = null;
    this.wantedMs = atMs;
    const loading = (this.loading = { failure });
    const open = (address) => {
      if (this.loading !== loading) return; // it was needed for something else meanwhile
      if (!address) this.failure = { code: segment["x-why"] ?? "missing", detail: segment["x-file"] ?? "" };
      else if (failure && address === this.opened) this.failure = failure;
      else {
        this.element.src = this.opened = address;
        this.element.currentTime = this.soughtS = this.#mediaS(this.wantedMs);
      }
    };
    const fail = (error) => {
      if (this.loading === loading) this.failure = { code: "link", detail: String(error) };
    };
    try {
      const address = this.address(segment, failure ? 1 : 0);
      if (address?.then) address.then(open, fail);
      else open(address);
    } catch (error) {
      fail(error);
    }
  }

  release() {
    if (!this.segment) return;
    this.#forget();
    this.segment = this.failure = this.loading = null;
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
  }

  #fail() {
    const error = this.element.error;
    if (!this.segment || !error) return;
    const code = error.code === 3 ? "decode" : error.code === 4 && !/^[45]\d\d/.test(error.message) ? "unsupported" : "network";
    const failure = { code, detail: error.message };
    if (this.loading.failure || code === "decode") this.failure = failure;
    else this.load(this.segment, this.wantedMs, failure);
  }

  #mediaS(atMs) {
    return Math.max(0, atMs - this.segment.start_ms + this.segment.media_start_ms) / 1000;
  }

  /** Where on the playback clock the element is. */
  get positionMs() {
    return this.element.currentTime * 1000 - this.segment.media_start_ms + this.segment.start_ms;
  }

  get hasPicture() {
    return !this.failure && this.element.readyState >= 2;
  }

  /** Whether the file ends before its clip does: its last picture stands. */
  isOver(atMs) {
    const { readyState, duration, ended } = this.element;
    return readyState >= 1 && (ended || (Number.isFinite(duration) && this.#mediaS(atMs) > duration - 0.06));
  }

  isReady(atMs) {
    const { readyState, seeking, currentTime, duration } = this.element;
    if (seeking || readyState < 2 || this.soughtS === null) return false;
    return readyState >= 3 || this.isOver(atMs) || duration - currentTime < 0.25;
  }

  /** Stand still at a time. */
  hold(atMs) {
    this.wantedMs = atMs;
    const { element } = this;
    if (!element.paused) element.pause();
    this.rest();
    if (!element.src || element.seeking || element.readyState < 1) return;
    const lastS = Number.isFinite(element.duration) ? Math.max(0, element.duration - 0.05) : Infinity;
    const wantS = Math.min(this.#mediaS(atMs), lastS);
    const isNear = Math.abs(element.currentTime - wantS) * 1000 <= NEAR_MS;
    if (isNear || this.soughtS === wantS) return;
    this.soughtS = wantS;
    element.currentTime = wantS;
  }

  /** Roll in so many ms: ticks are too coarse for that. */
  rollIn(ms, rate, machineMs) {
    this.rollTimer ??= setTimeout(() => {
      this.rollTimer = null;
      this.roll(rate, machineMs + Math.max(0, ms));
      this.isPrerolled = true;
    }, ms);
  }

  /** Begin to move, unheard. */
  roll(rate, machineMs) {
    const { element } = this;
    if (element.ended) return;
    element.muted = true;
    element.playbackRate = rate;
    this.isNudged = this.isPrerolled = false;
    this.rolledMs = machineMs;
    this.rolledS = element.currentTime;
    this.movedMs = null;
    this.soughtS = NaN; // wherever it goes from here, a later seek is a new one
    element.play()?.catch(() => {}); // an element that does not move is told by its state
  }

  /** Note when it first moved. */
  watch(machineMs) {
    if (this.rolledMs !== null && this.element.currentTime > this.rolledS + 0.001) this.movedMs ??= machineMs;
  }

  /** Learn from the error with which it began how long such elements take to begin. */
  learn(errorMs) {
    this.isPrerolled = false;
    const { habits } = this;
    habits.latencyMs = Math.min(Math.max(habits.latencyMs - LEARN_SHARE * errorMs, 0), 300);
  }

  /** Seek while the others play on. */
  correct(atMs, machineMs) {
    this.lastSeekMs = machineMs;
    this.isCorrecting = true;
    this.movedMs = machineMs;
    this.element.muted = true;
    this.element.currentTime = this.#mediaS(atMs);
  }

  /** Forget that it rolls. */
  rest() {
    clearTimeout(this.rollTimer);
    this.rolledMs = this.movedMs = this.rollTimer = null;
  }

  setRate(rate) {
    if (Math.abs(this.element.playbackRate - rate) > 0.004) this.element.playbackRate = rate;
  }
}

/** What one track does now, with its two slots: what plays, and what comes next. */
class TrackReplay {
  constructor(track, slots) {
    this.track = track;
    this.slots = slots;
    this.segment = null;
    this.current = null; // slot of the clip that plays now
    this.shown = null; // slot whose picture is seen: the last one, until the current one has a picture
    this.isWanted = true; // seen or heard
    this.state = "";
  }

  /** Have the right clip in the current slot at a time. */
  follow(atMs) {
    const { segments } = this.track;
    this.segment = segments[segmentIndex(this.track, atMs)] ?? segments.at(-1); // at the end the last picture stays
    const clip = this.isWanted && this.segment?.type === "clip" ? this.segment : null;
    if ((this.current?.segment ?? null) !== clip) {
      if (this.current) this.#rest(this.current);
      this.current = clip && (this.slots.find((slot) => slot.segment === clip) ?? this.#load(clip, atMs));
    }
    if (!this.isWanted) this.slots.forEach((slot) => slot.release());
    if (this.current?.failure || (!clip && this.segment?.kind !== "seam")) this.shown = null;
    else if (this.current?.hasPicture) this.shown = this.current;
  }

  #load(clip, atMs) {
    const slot = this.slots.find((other) => other !== this.shown);
    slot.load(clip, atMs);
    return slot;
  }

  #rest(slot) {
    slot.element.pause();
    slot.element.muted = true;
    slot.rest();
    slot.starvingSinceMs = null;
  }

  nextClip(atMs) {
    const { segments } = this.track;
    let index = segmentIndex(this.track, atMs) + 1;
    while (index < segments.length && segments[index].type !== "clip") index += 1;
    return segments[index] ?? null;
  }

  /** Load what comes next, and let it roll just before its time, so that pictures flow when it is shown. */
  prepare(atMs, { rate, isPlaying, machineMs, room }) {
    const next = this.isWanted ? this.nextClip(atMs) : null;
    const spare = this.slots.find((slot) => slot !== this.current && (slot.segment === next || slot !== this.shown));
    if (!spare) return;
    if (!next || next.start_ms - atMs > PRELOAD_MS * rate) return void spare.release();
    if (spare.segment !== next) {
      if (room.left-- > 0) spare.load(next, next.start_ms);
      return;
    }
    const leadMs = spare.habits.latencyMs * rate;
    const waitMs = (next.start_ms - atMs - leadMs) / rate;
    if (!isPlaying || waitMs > 2 * TICK_MS) spare.hold(next.start_ms);
    else if (spare.rolledMs === null && spare.isReady(next.start_ms)) spare.rollIn(waitMs, rate, machineMs);
  }
}

/** Plays all tracks of a manifest on one clock. Events: those of a media element, and `trackchange`, `recordingpause`. */
class Replay extends EventTarget {
  #phase = "paused"; // paused, waiting (for the gate), starting (the barrier), playing
  #startingSinceMs = 0;
  #isFresh = false; // the clock has just started, by what the first sound said too early
  #timer = null;
  #reachedMs = 0;
  #lastUpdateMs = -Infinity;

  /**
   * @param manifest what parseManifest gave
   * @param makeElement (track) → a media element; asked for twice for each track
   * @param address (segment, track, attempt) → the address of its file, null, or a promise of one
   */
  constructor(manifest, makeElement, address, machineMs = () => performance.now()) {
    super();
    this.manifest = manifest;
    this.machineMs = machineMs;
    this.clock = new Clock(manifest.duration_ms, machineMs);
    const [withSound, without] = [{ latencyMs: 70 }, { latencyMs: 25 }]; // from play() to movement, learnt
    this.tracks = manifest.tracks.map((track) => {
      const habits = manifest.audio_tracks.includes(track.id) ? withSound : without;
      const slot = () => new Slot(makeElement(track), (segment, attempt) => address(segment, track, attempt), habits);
      return new TrackReplay(track, [slot(), slot()]);
    });
    this.audible = new Set(manifest.audio_tracks);
    this.soloId = null;
    this.isMuted = false;
    this.volume = 1;
    this.isPaused = true;
    this.isSeeking = false;
    this.hardSeeks = 0;
    this.order = new Map(manifest.audio_tracks.map((id, place) => [id, place]));
  }

  get isEnded() {
    return this.clock.nowMs >= this.manifest.duration_ms;
  }

  get isWaiting() {
    return this.#phase === "waiting" || this.#phase === "starting";
  }

  /** Run by itself until stop(). */
  start() {
    if (this.#timer === null) this.#next();
  }

  #next = () => {
    this.tick();
    const isIdle = this.isPaused && !this.isSeeking && this.tracks.every((one) => one.state !== "loading");
    this.#timer = setTimeout(this.#next, isIdle ? IDLE_TICK_MS : TICK_MS);
  };

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #soon() {
    if (this.#timer === null) return;
    this.stop();
    this.#timer = setTimeout(this.#next, 0);
  }

  /** Let all files go; the replay is over. */
  close() {
    this.stop();
    for (const one of this.tracks) one.slots.forEach((slot) => slot.release());
  }

  #emit(type, detail) {
    this.dispatchEvent(detail === undefined ? new Event(type) : new CustomEvent(type, { detail }));
  }

  isHeard(track) {
    return this.soloId === null ? this.audible.has(track.id) : this.soloId === track.id;
  }

  play() {
    if (!this.isPaused) return;
    if (this.isEnded) this.#jump(0);
    this.isPaused = false;
    this.#phase = "waiting";
    this.#emit("play");
    this.#emit("waiting");
    this.#soon();
  }

  pause() {
    if (this.isPaused) return;
    this.isPaused = true;
    this.#stand("paused");
    this.#emit("pause");
    this.#soon();
  }

  seek(atMs) {
    this.#jump(atMs);
    this.isSeeking = true;
    if (!this.isPaused) this.#stand("waiting");
    this.#emit("seeking");
    this.#emit("timeupdate");
    this.#soon();
  }

  setRate(rate) {
    this.clock.rate = rate;
    for (const { current } of this.tracks) {
      if (current && !current.element.paused) current.element.playbackRate = rate;
    }
    this.#emit("ratechange");
  }

  #jump(atMs) {
    this.clock.set(Math.min(Math.max(atMs, 0), this.manifest.duration_ms));
    this.#reachedMs = this.clock.nowMs;
    for (const { current, slots } of this.tracks) {
      slots.forEach((slot) => (slot.starvingSinceMs = null));
      if (current?.failure?.code === "network") current.load(current.segment, this.clock.nowMs); // try again
    }
  }

  /** Stop the clock and everything that moves. */
  #stand(phase) {
    this.clock.stop();
    this.#phase = phase;
    for (const { slots } of this.tracks) slots.forEach((slot) => slot.element.pause());
  }

  /** Look at the clock and put everything where it belongs; called many times a second. */
  tick() {
    const machineMs = this.machineMs();
    const atMs = this.clock.nowMs;
    const rate = this.clock.rate;
    if (!this.isPaused && atMs >= this.manifest.duration_ms) return this.#end();
    for (const one of this.tracks) one.follow(atMs);
    const active = this.tracks.filter(({ current }) => current && !current.failure);
    const isStanding = this.isPaused || this.#phase === "waiting";
    if (isStanding) for (const { current } of active) current.hold(atMs);
    const waiting = this.#starving(active, atMs, machineMs);
    if (this.#phase === "waiting") this.#gate(active, waiting, machineMs);
    else if (this.#phase === "starting") this.#barrier(active, atMs, machineMs);
    else if (this.#phase === "playing" && waiting.some(({ current }) => machineMs - current.starvingSinceMs >= GRACE_MS)) {
      this.#stand("waiting");
      this.#emit("waiting");
    } else if (this.#phase === "playing") this.#steer(active, atMs, machineMs);
    if (this.isSeeking && waiting.length === 0) {
      this.isSeeking = false;
      this.#emit("seeked");
    }
    const isPlaying = this.#phase === "playing";
    const room = { left: MOST_LOADED - this.tracks.flatMap(({ slots }) => slots.filter(({ segment }) => segment)).length };
    for (const one of this.tracks) one.prepare(atMs, { rate, isPlaying, machineMs, room });
    this.#tell(atMs, machineMs, isPlaying);
  }

  /** Return the active tracks for which all others wait: not ready, and not for too long. */
  #starving(active, atMs, machineMs) {
    const starving = [];
    for (const one of active) {
      const { current } = one;
      if (current.isReady(atMs) || current.isOver(atMs)) {
        current.starvingSinceMs = null;
        current.isCorrecting = false;
      } else {
        current.starvingSinceMs ??= machineMs;
        starving.push(one);
      }
    }
    const limitMs = starving.length === active.length ? ALL_STALLED_MS : STALL_MS;
    for (const one of this.tracks) one.isLate = false;
    for (const one of starving) one.isLate = machineMs - one.current.starvingSinceMs > limitMs;
    return starving.filter((one) => !one.isLate && !one.current.isCorrecting);
  }

  /** Nobody plays until all who should play can. */
  #gate(active, waiting, machineMs) {
    if (waiting.length > 0) return;
    for (const one of active) if (!one.isLate) one.current.roll(this.clock.rate, machineMs);
    this.#phase = "starting";
    this.#startingSinceMs = machineMs;
  }

  /** The clock starts when all have moved, where the first sound is. */
  #barrier(active, atMs, machineMs) {
    const rolling = active.filter(({ current, isLate }) => !isLate && current.rolledMs !== null && !current.isOver(atMs));
    for (const { current } of rolling) current.watch(machineMs);
    const moved = rolling.filter(({ current }) => current.movedMs !== null);
    if (moved.length < rolling.length && machineMs - this.#startingSinceMs < BARRIER_MS) return;
    const first = this.#inOrder(moved)[0] ?? moved[0];
    const firstMs = first?.current.positionMs ?? atMs;
    this.clock.set(Math.abs(firstMs - atMs) < 1000 ? Math.max(firstMs, atMs) : atMs);
    this.clock.start();
    this.#isFresh = true;
    this.#phase = "playing";
    this.#emit("playing");
  }

  /** Keep everything that plays at the clock; the first sound that is heard moves the clock instead. */
  #steer(active, atMs, machineMs) {
    const { rate } = this.clock;
    const leader = this.#inOrder(active).find(({ current }) => current.movedMs !== null && !current.isCorrecting);
    for (const one of active) {
      const { current } = one;
      const { element } = current;
      if (current.isOver(atMs) || !current.isReady(atMs)) continue;
      if (element.paused) {
        current.roll(rate, machineMs);
        continue;
      }
      const isHeard = this.isHeard(one.track);
      current.watch(machineMs);
      if (current.movedMs === null) continue;
      const errorMs = current.positionMs - atMs;
      const mostMs = isHeard ? HEARD_SEEK_MS : SEEK_MS;
      if (Math.abs(errorMs) > mostMs * Math.max(1, rate)) {
        if (machineMs - current.lastSeekMs < SEEK_REST_MS) continue;
        this.hardSeeks += 1;
        current.correct(atMs + current.habits.latencyMs * rate, machineMs);
        continue;
      }
      const isTrue = machineMs - current.movedMs > (isHeard ? TRUE_MS : 0);
      if (current.isPrerolled && isTrue) current.learn(errorMs / rate);
      if (one === leader && isTrue) {
        this.clock.set(atMs + (this.#isFresh ? 1 : LEAD_SHARE) * errorMs);
        this.#isFresh = false;
      }
      current.setRate(isHeard ? rate : rate * this.#nudge(current, errorMs / rate));
      this.#hear(current, isHeard);
    }
  }

  /** Return those that are to be heard, the leading one first. */
  #inOrder(some) {
    const place = ({ track }) => this.order.get(track.id) ?? Infinity;
    return some.filter(({ track }) => this.isHeard(track)).sort((one, other) => place(one) - place(other));
  }

  /** Return the factor on the rate that takes an error back. */
  #nudge(slot, errorMs) {
    slot.isNudged = Math.abs(errorMs) > (slot.isNudged ? CALM_MS : DEAD_MS);
    return slot.isNudged ? 1 - Math.min(Math.max(errorMs / TAU_MS, -MOST_NUDGE), MOST_NUDGE) : 1;
  }

  /** Let an element be heard or not; a browser may refuse sound before somebody has clicked. */
  #hear(slot, isHeard) {
    const { element } = slot;
    const isMuted = !isHeard || this.isMuted;
    if (element.volume !== this.volume) element.volume = this.volume;
    if (element.muted === isMuted) return;
    element.muted = isMuted;
    if (isMuted || !element.paused) return;
    this.isMuted = element.muted = true;
    element.play()?.catch(() => {});
    this.#emit("soundblocked");
    this.#emit("volumechange");
  }

  #end() {
    this.clock.set(this.manifest.duration_ms);
    this.isPaused = true;
    this.#stand("paused");
    this.#emit("timeupdate");
    this.#emit("pause");
    this.#emit("ended");
  }

  #tell(atMs, machineMs, isPlaying) {
    for (const one of this.tracks) {
      const state = this.#stateOf(one, atMs);
      const isSame = state === one.state && one.segment === one.toldSegment && one.shown === one.toldShown;
      if (isSame) continue;
      Object.assign(one, { state, toldSegment: one.segment, toldShown: one.shown });
      this.#emit("trackchange", one);
    }
    if (!isPlaying) return;
    for (const pause of this.manifest.pauses) {
      if (this.#reachedMs < pause.at_ms && pause.at_ms <= atMs) this.#emit("recordingpause", pause);
    }
    this.#reachedMs = Math.max(this.#reachedMs, atMs);
    if (machineMs - this.#lastUpdateMs < 250) return;
    this.#lastUpdateMs = machineMs;
    this.#emit("timeupdate");
  }

  #stateOf({ isWanted, current, isLate }, atMs) {
    if (!isWanted) return "off";
    if (!current) return "gap";
    if (current.failure) return "failed";
    if (isLate) return "late";
    if (current.isOver(atMs) && current.segment.end_ms - atMs > HEARD_SEEK_MS) return "over";
    return current.hasPicture ? "playing" : "loading";
  }

  /** What a test or a curious person wants to know of this moment. */
  debug() {
    const atMs = this.clock.nowMs;
    return {
      atMs,
      phase: this.#phase,
      hardSeeks: this.hardSeeks,
      tracks: this.tracks.map((one) => ({
        id: one.track.id,
        state: one.state,
        failure: one.current?.failure ?? null,
        shown: one.shown?.segment ? one.track.segments.indexOf(one.shown.segment) : null,
        isHeard: Boolean(one.current && !one.current.element.muted),
        isMoving: Boolean(one.current && !one.current.element.paused && one.current.movedMs !== null),
        rate: one.current?.element.playbackRate ?? null,
        errorMs: one.current?.segment && !one.current.failure ? one.current.positionMs - atMs : null,
      })),
    };
  }
}

/* ---------------------------------------------------------------- what people read */

/** Return a table of words by language, of one that has both beside each other. */
const byLanguage = (table) =>
  Object.fromEntries(
    ["en", "zh"].map((language, place) => [
      language,
      { __proto__: null, ...Object.fromEntries(Object.entries(table).map(([key, words]) => [key, words[place]])) },
    ]),
  );

const TEXTS = byLanguage({
  late_start: ["joins at {time}", "{time} 加入"],
  absence: ["away, back at {time}", "暂时离开，{time} 回来"],
  gone: ["left", "已离开"],
  screen: ["not sharing", "未共享屏幕"],
  none: ["no picture", "没有画面"],
  missing: ["The file is missing", "文件缺失"],
  not_media: ["The file is not a video", "文件不是视频"],
  bad_link: ["The link of the file cannot be used", "文件的链接无法使用"],
  link: ["No link to the file could be had", "无法取得文件的链接"],
  network: ["The file cannot be loaded", "文件无法加载"],
  decode: ["The file is damaged", "文件已损坏"],
  unsupported: ["The file is damaged, or of a kind that this browser cannot play", "文件已损坏，或此浏览器无法播放该格式"],
  late: ["The file is not loading; the class goes on", "文件加载过慢，课堂继续播放"],
  over: ["the file ends here", "文件到此结束"],
  loading: ["loading", "加载中"],
  again: ["Try again", "重试"],
});

const KINDS = byLanguage({
  camera: ["camera", "摄像头"],
  screen: ["screen", "屏幕共享"],
  whiteboard: ["whiteboard", "白板"],
  mixed: ["mixed", "混流画面"],
  audio: ["sound", "声音"],
  other: ["stream", "其他流"],
});

/** Return a stranger's text for people: one line, harmless, not too long. It is only ever put in as text. */
function plainText(text, most = 60) {
  const line = typeof text === "string" ? text.slice(0, 4 * most) : "";
  const harmless = line.replace(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
  const letters = [...harmless];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : harmless;
}

/** Return a time as m:ss, or h:mm:ss in a lesson of an hour or more. */
function timeText(atMs, durationMs) {
  const wholeS = Math.floor(Math.max(0, atMs) / 1000);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(wholeS / 60);
  if (durationMs < 3_600_000) return `${minutes}:${two(wholeS % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(wholeS % 60)}`;
}

/** Return the language of an element: its own or that of its page; else the browser's. */
function languageOf(element) {
  const named = element.closest?.("[lang]")?.lang || globalThis.navigator?.language || "en";
  return named.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Return a new element with a class and a text. */
function make(name, className = "", text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Return a picture of lines in a square of 24. */
function makeIcon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

const KIND_ICONS = {
  camera: "M3 7h11v10H3zM14 11l6-4v10l-6-4z",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4",
  whiteboard: "M3 4h18v12H3zM7 12l3-4 3 3 4-5M8 20l2-4M16 20l-2-4",
  mixed: "M3 4h8v7H3zM13 4h8v7h-8zM3 13h8v7H3zM13 13h8v7h-8z",
  audio: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4",
  other: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v5M12 16v.5",
};

/** Return a track's kind among those that have a picture and a word here. */
function knownKind(track) {
  return Object.hasOwn(KIND_ICONS, track.kind) ? track.kind : "other";
}

/** Return what a track is called: whose it is, and which of that person's streams where it is not the camera. */
function trackName(track, language) {
  const kind = KINDS[language][knownKind(track)];
  if (track.user_id === null || track.label === track.kind) return kind;
  const name = plainText(track.label || track.id);
  return track.kind === "camera" ? name : `${name} (${kind})`;
}

/* ---------------------------------------------------------------- the element */

const PLAYER_STYLE = `
:host { display: block; position: relative; overflow: hidden; min-height: 8rem; background: #14171c; color: #f2f4f7;
  font: 14px/1.4 system-ui, sans-serif; }
:host([hidden]), [hidden] { display: none !important; }
.pane { position: absolute; margin: 0; overflow: hidden; border-radius: 6px; background: #1f242c; cursor: pointer; }
.pane.large { background: #0d0f13; }
video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.name { position: absolute; left: 6px; bottom: 6px; max-width: calc(100% - 12px); box-sizing: border-box; padding: 1px 7px;
  border-radius: 4px; background: #000b; font-size: 12px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.card { position: absolute; inset: 0; padding: 6px 8px 26px; display: flex; flex-direction: column; align-items: center;
  justify-content: center; gap: 2px; text-align: center; overflow: hidden; overflow-wrap: anywhere; color: #c3cad5; }
.card svg { flex: none; width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.5; opacity: .7; }
.failed .card, .late .card { color: #ffb4a2; }
.card small { opacity: .8; font-size: 11px; max-height: 2.8em; overflow: hidden; }
.small .card svg, .small .card small, .tiny .card span, .tiny .note, .tiny button { display: none; }
.tiny.failed .card::before, .tiny.late .card::before { content: "!"; font-weight: 700; }
.small .card { font-size: 12px; line-height: 1.2; }
.tiny .name { left: 0; bottom: 0; max-width: 100%; font-size: 10px; padding: 0 4px; }
button { font: inherit; margin-top: 4px; padding: 2px 10px; min-height: 28px; border: 1px solid; border-radius: 4px;
  background: none; color: inherit; cursor: pointer; }
.note { position: absolute; right: 6px; top: 6px; padding: 1px 7px; border-radius: 4px; background: #000b; font-size: 12px; }
.wheel { position: absolute; left: 50%; top: 50%; width: 28px; height: 28px; margin: -14px; box-sizing: border-box;
  border: 3px solid #fff4; border-top-color: #fff; border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn) } }
@media (prefers-reduced-motion: reduce) { .wheel { animation-duration: 4s } }
`;

const GAP_PX = 6;
const ASPECT = 16 / 9;
const MOST_ABSENT = 9; // with more people, those who are absent have no pane

/** Return how *count* pictures fill a rectangle with the largest tiles: {columns, width, height}, px. */
function tiling(count, width, height) {
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const acrossPx = (width - GAP_PX * (columns - 1)) / columns;
    const downPx = (height - GAP_PX * (rows - 1)) / rows;
    const tile = Math.min(acrossPx, downPx * ASPECT);
    if (tile > best.width) best = { columns, width: tile, height: tile / ASPECT };
  }
  return best;
}

/** The picture of one track: its two video elements, its name, and a card where there is no picture. */
class Pane {
  constructor(track, onRetry) {
    this.track = track;
    this.kind = knownKind(track);
    this.root = make("figure", "pane");
    this.root.part = "pane";
    this.card = make("div", "card");
    this.why = make("span");
    this.detail = make("small");
    this.again = make("button");
    this.again.type = "button";
    this.again.addEventListener("click", (event) => {
      event.stopPropagation();
      onRetry(track.id);
    });
    this.card.append(makeIcon(KIND_ICONS[this.kind]), this.why, this.detail, this.again);
    this.wheel = make("div", "wheel");
    this.note = make("div", "note");
    this.name = make("bdi");
    const caption = make("figcaption", "name");
    caption.append(this.name);
    this.root.append(this.wheel, this.card, this.note, caption);
  }

  nextVideo() {
    const video = make("video");
    video.preload = "auto";
    video.playsInline = video.disablePictureInPicture = video.hidden = true;
    video.tabIndex = -1;
    this.wheel.before(video);
    return video;
  }

  place(left, top, width, height, isLarge) {
    Object.assign(this.root.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    this.root.classList.toggle("large", isLarge);
    this.root.classList.toggle("small", height < 140);
    this.root.classList.toggle("tiny", height < 70);
  }

  /** Show what its track does now. */
  show({ state, current, shown, segment, slots }, texts, sentence) {
    slots.forEach((slot) => (slot.element.hidden = slot !== shown));
    const isCard = state === "failed" || state === "late" || (state === "gap" && segment?.kind !== "seam");
    for (const name of ["failed", "late"]) this.root.classList.toggle(name, state === name);
    this.card.hidden = !isCard;
    this.wheel.hidden = state !== "loading";
    this.note.hidden = state !== "over";
    this.again.hidden = state !== "late" && current?.failure?.code !== "network";
    this.note.textContent = texts.over;
    this.again.textContent = texts.again;
    this.why.textContent = this.root.title = isCard ? sentence : "";
    this.detail.textContent = plainText(current?.failure?.detail, 90);
    this.root.dataset.state = state;
  }
}

/**
 * `<timeline-player>`: the pictures of a class, with the surface of a media element: `currentTime`, `duration` (s),
 * `paused`, `ended`, `seeking`, `playbackRate`, `volume`, `muted`, `play()`, `pause()` and their events.
 * Beyond that: `manifest`, `base`, `rewriteUrl`, `view`, `pinned`, `isAudible()`, `setAudible()`, `solo()`, `stateOf()`.
 */
class TimelinePlayer extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ["src", "view"];
  #replay = null;
  #panes = new Map();
  #view = "stage";
  #pinned = null;
  #large = null;
  #root;
  #sizes = null;
  #rate = 1;
  #volume = 1;
  #muted = false;

  /** The manifest's folder, for `src` of clips; the page's own unless one is set or the manifest was fetched. */
  base = null;
  /** (clip, track, attempt) → the address to open, or a promise of one: for signed links. attempt is 1 after a failure. */
  rewriteUrl = null;

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(PLAYER_STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    this.#sizes = new ResizeObserver(() => this.#arrange());
  }

  connectedCallback() {
    this.#sizes.observe(this);
    this.#replay?.start();
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
    this.pause();
    this.#replay?.stop();
  }

  attributeChangedCallback(name, _before, value) {
    if (name === "view" && value) this.view = value;
    if (name === "src" && value) this.#fetch(value);
  }

  async #fetch(address) {
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      const manifest = parseManifest(await answer.text());
      if (this.getAttribute("src") !== address) return;
      this.base ??= answer.url;
      this.manifest = manifest;
    } catch (error) {
      this.error = { message: String(error?.message ?? error) };
      this.dispatchEvent(new Event("error"));
    }
  }

  /** What plays; setting it ends what played before. An object, or JSON text. */
  get manifest() {
    return this.#replay?.manifest ?? null;
  }

  set manifest(source) {
    const manifest = parseManifest(source);
    this.#replay?.close();
    this.#panes.clear();
    this.#pinned = this.#large = null;
    for (const track of manifest.tracks) {
      const pane = new Pane(track, (id) => this.retry(id));
      pane.root.addEventListener("click", () => this.pin(this.#pinned === track.id ? null : track.id));
      this.#panes.set(track.id, pane);
    }
    this.#root.replaceChildren(...[...this.#panes.values()].map((pane) => pane.root));
    const address = (segment, track, attempt) =>
      this.rewriteUrl?.(segment, track, attempt) ?? addressOf(segment, new URL(this.base ?? "#", document.baseURI));
    const replay = new Replay(manifest, (track) => this.#panes.get(track.id).nextVideo(), address);
    this.#replay = replay;
    replay.setRate(this.#rate);
    replay.volume = this.#volume;
    replay.isMuted = this.#muted;
    const told = ["play", "pause", "playing", "waiting", "seeking", "seeked", "ended", "timeupdate", "ratechange"];
    for (const type of [...told, "volumechange", "soundblocked"]) {
      replay.addEventListener(type, () => this.dispatchEvent(new Event(type)));
    }
    replay.addEventListener("recordingpause", ({ detail }) => this.#emit("recordingpause", detail));
    replay.addEventListener("trackchange", ({ detail }) => {
      this.#showTrack(detail);
      this.#arrange();
      this.#emit("trackchange", { id: detail.track.id });
    });
    this.#arrange();
    if (this.isConnected) replay.start();
    for (const type of ["loadstart", "durationchange", "loadedmetadata", "canplay"]) this.dispatchEvent(new Event(type));
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /* --- the surface of a media element; seconds, as there */

  play() {
    this.#replay?.play();
    return Promise.resolve();
  }

  pause() {
    this.#replay?.pause();
  }

  load() {
    for (const track of this.manifest?.tracks ?? []) this.retry(track.id);
  }

  get currentTime() {
    return (this.#replay?.clock.nowMs ?? 0) / 1000;
  }

  set currentTime(atS) {
    if (Number.isFinite(atS)) this.#replay?.seek(Math.round(atS * 1000));
  }

  get duration() {
    return this.manifest ? this.manifest.duration_ms / 1000 : NaN;
  }

  get paused() {
    return this.#replay?.isPaused ?? true;
  }

  get ended() {
    return this.#replay?.isEnded ?? false;
  }

  get seeking() {
    return this.#replay?.isSeeking ?? false;
  }

  get readyState() {
    if (!this.#replay) return 0;
    return this.#replay.isSeeking || this.#replay.isWaiting ? 2 : 4;
  }

  get seekable() {
    const endS = this.duration || 0;
    return { length: this.#replay ? 1 : 0, start: () => 0, end: () => endS };
  }

  get playbackRate() {
    return this.#rate;
  }

  set playbackRate(rate) {
    if (!(rate >= 0.25 && rate <= 4)) throw new RangeError(`playbackRate: expected 0.25 to 4, got ${rate}`);
    this.#rate = rate;
    this.#replay?.setRate(rate);
  }

  get volume() {
    return this.#volume;
  }

  set volume(volume) {
    this.#volume = Math.min(Math.max(Number(volume) || 0, 0), 1);
    if (this.#replay) this.#replay.volume = this.#volume;
    this.dispatchEvent(new Event("volumechange"));
  }

  get muted() {
    return this.#replay?.isMuted ?? this.#muted;
  }

  set muted(isMuted) {
    this.#muted = Boolean(isMuted);
    if (this.#replay) this.#replay.isMuted = this.#muted;
    this.dispatchEvent(new Event("volumechange"));
  }

  /* --- tracks and views */

  /** Whether a track is to be heard; `muted` and `solo()` apart. */
  isAudible(id) {
    return this.#replay?.audible.has(id) ?? false;
  }

  setAudible(id, isAudible) {
    if (!this.#replay) return;
    if (isAudible) this.#replay.audible.add(id);
    else this.#replay.audible.delete(id);
    this.#audioChanged();
  }

  /** Hear one track alone; null ends that. */
  solo(id) {
    if (!this.#replay) return;
    this.#replay.soloId = id;
    this.#audioChanged();
  }

  get soloId() {
    return this.#replay?.soloId ?? null;
  }

  #audioChanged() {
    this.#arrange();
    this.dispatchEvent(new Event("volumechange"));
  }

  /** "stage": one large picture and the others beside it; "grid": all alike. */
  get view() {
    return this.#view;
  }

  set view(view) {
    this.#view = view === "grid" ? "grid" : "stage";
    this.#arrange();
    this.dispatchEvent(new Event("viewchange"));
  }

  /** The id of the track that is large, whatever else plays; null where the lesson decides. */
  get pinned() {
    return this.#pinned;
  }

  pin(id) {
    this.#pinned = this.#panes.has(id) ? id : null;
    if (this.#pinned !== null) this.#view = "stage";
    this.#arrange();
    this.dispatchEvent(new Event("viewchange"));
  }

  /** Return what a track does now: playing, loading, gap, failed, late, over, or off (neither seen nor heard). */
  stateOf(id) {
    return this.#replay?.tracks.find(({ track }) => track.id === id)?.state ?? null;
  }

  /** Say everything again, in the language that holds now. */
  retell() {
    for (const one of this.#replay?.tracks ?? []) this.#showTrack(one);
  }

  /** Load the file of a track again that could not be loaded. */
  retry(id) {
    const one = this.#replay?.tracks.find(({ track }) => track.id === id);
    if (!one?.current) return;
    one.current.starvingSinceMs = null;
    one.current.load(one.current.segment, this.#replay.clock.nowMs);
  }

  /** Figures of this moment, for tests and the curious. */
  debug() {
    return this.#replay?.debug() ?? null;
  }

  /* --- the panes */

  #showTrack(one) {
    const language = languageOf(this);
    const pane = this.#panes.get(one.track.id);
    pane.name.textContent = trackName(one.track, language);
    pane.show(one, TEXTS[language], this.#sentence(one, TEXTS[language]));
  }

  #sentence({ track, state, segment, current }, texts) {
    const kind = knownKind(track);
    if (state === "late") return texts.late;
    if (state === "failed") return texts[current.failure.code] ?? texts.network;
    if (kind !== "camera") return texts[kind] ?? texts.none;
    const { duration_ms: durationMs } = this.manifest;
    if (!segment || segment.end_ms >= durationMs) return texts.gone;
    return (texts[segment.kind] ?? texts.absence).replace("{time}", timeText(segment.end_ms, durationMs));
  }

  /** Return the tracks that have a pane now; a mixed picture beside single ones has one only when it is pinned. */
  #displayed() {
    const tracks = this.#replay.tracks;
    const isSingle = ({ track }) => !["mixed", "audio"].includes(track.kind);
    const hasSingle = tracks.some(isSingle);
    const seen = tracks.filter(
      (one) => isSingle(one) || one.track.id === this.#pinned || (one.track.kind === "mixed" && !hasSingle),
    );
    if (seen.length <= MOST_ABSENT) return seen;
    return seen.filter((one) => one.segment?.type === "clip" || one.track.id === this.#pinned);
  }

  /** Return the track that is large: the pinned one, else what the lesson is about just now. */
  #largest(displayed) {
    const pinned = displayed.find(({ track }) => track.id === this.#pinned);
    if (pinned) return pinned;
    const isOn = ({ segment }) => segment?.type === "clip";
    const rank = ({ track }) => {
      const place = ["screen", "whiteboard", "mixed"].indexOf(track.kind);
      return place >= 0 ? place : track.role === "teacher" ? 3 : 4;
    };
    const before = displayed.find(({ track }) => track.id === this.#large);
    if (before?.segment?.kind === "seam") return before;
    const playing = displayed.filter(isOn).sort((one, other) => rank(one) - rank(other));
    return playing[0] ?? before ?? displayed[0];
  }

  #arrange() {
    if (!this.#replay) return;
    const displayed = this.#displayed();
    for (const one of this.#replay.tracks) {
      const isSeen = displayed.includes(one);
      one.isWanted = isSeen || this.#replay.isHeard(one.track);
      this.#panes.get(one.track.id).root.hidden = !isSeen;
    }
    const { clientWidth, clientHeight } = this;
    const width = clientWidth - 2 * GAP_PX;
    const height = clientHeight - 2 * GAP_PX;
    if (displayed.length === 0 || width <= 0 || height <= 0) return;
    if (this.#view === "grid" || displayed.length === 1) {
      this.#tile(displayed, GAP_PX, GAP_PX, width, height);
      return;
    }
    const large = this.#largest(displayed);
    this.#large = large.track.id;
    const others = displayed.filter((one) => one !== large);
    const share = others.length <= 4 ? 0.24 : others.length <= 9 ? 0.3 : 0.42;
    const pane = this.#panes.get(this.#large);
    if (width > height * 1.4) {
      const railPx = tiling(others.length, width * Math.max(share, Math.min(1 - (height * ASPECT) / width, 0.42)), height);
      const usedPx = railPx.columns * (railPx.width + GAP_PX);
      pane.place(GAP_PX, GAP_PX, width - usedPx, height, true);
      this.#tile(others, GAP_PX + width - usedPx + GAP_PX, GAP_PX, usedPx - GAP_PX, height);
    } else {
      const largePx = Math.min(width / ASPECT, height * 0.68);
      pane.place(GAP_PX, GAP_PX, width, largePx, true);
      this.#tile(others, GAP_PX, 2 * GAP_PX + largePx, width, height - largePx - GAP_PX);
    }
  }

  #tile(tracks, leftPx, topPx, widthPx, heightPx) {
    const { columns, width, height } = tiling(tracks.length, widthPx, heightPx);
    const rows = Math.ceil(tracks.length / columns);
    const startPx = topPx + (heightPx - rows * (height + GAP_PX) + GAP_PX) / 2;
    tracks.forEach(({ track }, number) => {
      const row = Math.floor(number / columns);
      const inRow = Math.min(columns, tracks.length - row * columns);
      const rowPx = leftPx + (widthPx - inRow * (width + GAP_PX) + GAP_PX) / 2;
      const left = rowPx + (number % columns) * (width + GAP_PX);
      this.#panes.get(track.id).place(left, startPx + row * (height + GAP_PX), width, height, tracks.length === 1);
    });
  }
}

globalThis.customElements?.define("timeline-player", TimelinePlayer);

export { TimelinePlayer, Replay, Clock, parseManifest, at, wallAt, addressOf, segmentIndex };
export { KINDS, KIND_ICONS, byLanguage, knownKind, languageOf, make, makeIcon, plainText, timeText, trackName };
