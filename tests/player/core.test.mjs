/**
 * The sync core without a browser: machine time is a number, media elements are made of arithmetic.
 * Run by tests/test_player_core.py, which says in PLAYER where the module is.
 */
import assert from "node:assert/strict";
import { test } from "node:test";

const { Clock, Replay, addressOf, at, parseManifest, wallAt } = await import(process.env.PLAYER);

let machineMs = 0;
let timers = [];
globalThis.setTimeout = (act, ms) => timers[timers.push({ act, atMs: machineMs + ms }) - 1];
globalThis.clearTimeout = (timer) => (timers = timers.filter((other) => other !== timer));

/** Run what is due by machine time. */
function runTimers() {
  const due = timers.filter((timer) => timer.atMs <= machineMs);
  timers = timers.filter((timer) => !due.includes(timer));
  due.forEach((timer) => timer.act());
}

/** A media element as far as the core sees one: it moves with machine time, some ms after play(). */
class FakeMedia extends EventTarget {
  muted = false;
  volume = 1;
  paused = true;
  ended = false;
  seeking = false;
  error = null;
  readyState = 0;
  duration = NaN;
  seeks = 0;
  rates = new Set();
  #rate = 1;
  #atS = 0;
  #sinceMs = 0;
  #src = "";

  constructor(behaviour = {}) {
    super();
    this.behaviour = { loadMs: 30, seekMs: 30, latencyMs: 50, drift: 1, lengthS: 1000, ...behaviour };
  }
  get src() {
    return this.#src;
  }
  set src(address) {
    this.#src = address;
    this.readyState = 0;
    this.error = null;
    this.ended = false;
    this.#atS = 0;
    this.readyAtMs = machineMs + this.behaviour.loadMs;
    this.failsAtMs = address.includes("404") ? machineMs + 30 : Infinity;
  }
  get currentTime() {
    return this.#atS;
  }
  set currentTime(atS) {
    this.seeks += 1;
    this.#atS = Math.min(atS, this.behaviour.lengthS);
    this.ended = false;
    if (this.readyState === 0) return;
    this.seeking = true;
    this.readyAtMs = Math.max(this.readyAtMs, machineMs + this.behaviour.seekMs);
  }
  get playbackRate() {
    return this.#rate;
  }
  set playbackRate(rate) {
    this.#rate = rate;
    this.rates.add(rate);
  }
  play() {
    if (this.paused) this.#sinceMs = machineMs + this.behaviour.latencyMs;
    this.paused = false;
    return Promise.resolve();
  }
  pause() {
    this.paused = true;
  }
  removeAttribute() {
    this.#src = "";
  }
  load() {
    this.readyState = 0;
  }
  step(ms) {
    if (!this.#src) return;
    if (machineMs >= this.failsAtMs) {
      this.failsAtMs = Infinity;
      this.error = { code: 4, message: "404: Not Found" };
      this.dispatchEvent(new Event("error"));
    }
    if (this.error) return;
    if (machineMs >= this.readyAtMs) {
      this.duration = this.behaviour.lengthS;
      this.readyState = 4;
      this.seeking = false;
    }
    if (this.paused || this.seeking || this.readyState < 3 || machineMs <= this.#sinceMs) return;
    this.#atS = Math.min(this.#atS + (ms / 1000) * this.#rate * this.behaviour.drift, this.behaviour.lengthS);
    if (this.#atS >= this.behaviour.lengthS) this.ended = this.paused = true;
  }
}

const clip = (startMs, endMs, name = "a.mp4", mediaStartMs = 0) => ({
  type: "clip", start_ms: startMs, end_ms: endMs, media_start_ms: mediaStartMs, url: `https://a.example/${name}`,
});
const gap = (startMs, endMs, kind = "absence") => ({ type: "gap", start_ms: startMs, end_ms: endMs, kind });

/** A lesson: each track is a list of segments; sound comes from those in *audible*. */
function lesson(tracks, { audible = [], pauses = [] } = {}) {
  const durationMs = Math.max(...Object.values(tracks).map((segments) => segments.at(-1).end_ms));
  return parseManifest({
    format: "timeline-sync", version: "1.0", duration_ms: durationMs, wall: null, audio_tracks: audible, pauses, sections: [],
    tracks: Object.entries(tracks).map(([id, segments]) => ({ id, kind: "camera", user_id: id, label: id, role: null, segments })),
  });
}

/** A replay of it; *behaviours* says of a track how its elements behave. */
function replayOf(manifest, behaviours = {}) {
  machineMs = 0;
  timers = [];
  const media = {};
  const make = (track) => {
    const element = new FakeMedia(behaviours[track.id]);
    (media[track.id] ??= []).push(element);
    return element;
  };
  const replay = new Replay(manifest, make, (segment) => addressOf(segment, "https://page.example/"), () => machineMs);
  const told = [];
  for (const type of ["play", "pause", "playing", "waiting", "seeking", "seeked", "ended", "recordingpause"]) {
    replay.addEventListener(type, () => told.push(type));
  }
  const run = (ms, look = () => {}) => {
    for (const endMs = machineMs + ms; machineMs < endMs;) {
      machineMs += 10;
      for (const element of Object.values(media).flat()) element.step(10);
      runTimers();
      if (machineMs % 40 === 0) replay.tick();
      look(replay.debug());
    }
    return replay.debug();
  };
  const track = (id) => replay.debug().tracks.find((one) => one.id === id);
  return { replay, media, run, told, track };
}

const errorsMs = (debug) => debug.tracks.filter((one) => one.isMoving).map((one) => one.errorMs);
const skewMs = (debug) => Math.max(0, ...errorsMs(debug)) - Math.min(0, ...errorsMs(debug));

test("a manifest that is none is refused with the place", () => {
  const good = lesson({ a: [clip(0, 1000)] });
  const bad = (change) => {
    const copy = structuredClone(good);
    change(copy);
    return () => parseManifest(copy);
  };
  assert.throws(bad((m) => (m.format = "x")), { name: "TypeError", message: "format: expected timeline-sync" });
  assert.throws(bad((m) => (m.version = "2.0")), /version: expected 1\.x/);
  assert.throws(bad((m) => (m.tracks[0].segments[0].start_ms = 1)), /tracks\[0\]\.segments\[0\]: .* begins at 0/);
  assert.throws(bad((m) => (m.duration_ms = 2000)), /tracks\[0\]\.segments: expected an end at 2000/);
  assert.throws(bad((m) => m.tracks.push(m.tracks[0])), /tracks\[1\]\.id: expected a string of its own/);
  const odd = [
    ["version", (m) => (m.version = { toString: 1 })],
    ["tracks[0].id", (m) => (m.tracks[0] = null)],
    ["tracks[0].kind", (m) => (m.tracks[0].kind = { toString: 1 })],
    ["tracks[0].segments[0]", (m) => (m.tracks[0].segments[0] = null)],
    ["tracks[0].segments[0].kind", (m) => (m.tracks[0].segments[0]["x-why"] = { toString: 1 })],
    ["wall", (m) => (m.wall = { start_unix_ms: "0", stop_unix_ms: 1, uncertainty_ms: 1 })],
    ["pauses[0]", (m) => (m.pauses = [null])],
    ["pauses[0]", (m) => (m.pauses = [{ at_ms: 1, duration_ms: null, duration_range_ms: null }])],
    ["pauses[0]", (m) => (m.pauses = [{ at_ms: 1, duration_ms: "1", duration_range_ms: [1, 1] }])],
    ["sections[0]", (m) => (m.sections = [{ start_ms: 0, end_ms: 1000, title: { toString: 1 } }])],
  ];
  for (const [where, change] of odd) {
    assert.throws(bad(change), ({ name, message }) => name === "TypeError" && message.startsWith(`${where}: expected `), where);
  }
  assert.throws(() => parseManifest("null"), TypeError);
  assert.equal(parseManifest(JSON.stringify(good)).duration_ms, 1000);
});

test("at() says segment and media time of each track", () => {
  const manifest = lesson({ a: [gap(0, 500, "late_start"), clip(500, 2000, "a.mp4", 70)], b: [clip(0, 2000)] });
  assert.equal(at(manifest, 499).get("a").mediaMs, null);
  assert.equal(at(manifest, 500).get("a").mediaMs, 70);
  assert.equal(at(manifest, 1999).get("b").mediaMs, 1999);
  assert.equal(at(manifest, 2000).get("b").segment, null);
});

test("at() keeps ids that mean something to JavaScript apart", () => {
  const manifest = lesson({ a: [clip(0, 1000)] });
  manifest.tracks[0].id = "__proto__";
  assert.deepEqual([...at(manifest, 0).keys()], ["__proto__"]);
});

test("wall time takes pauses in, and is unknown between pauses of unknown length", () => {
  const manifest = lesson({ a: [clip(0, 10_000)] });
  const pause = (atMs, durationMs) => ({ at_ms: atMs, duration_ms: durationMs, duration_range_ms: [0, 9], source: "inferred" });
  manifest.wall = { start_unix_ms: 1_000_000, stop_unix_ms: 1_090_000, uncertainty_ms: 7 };
  manifest.pauses = [pause(4000, 60_000)];
  assert.deepEqual([3999, 4000].map((ms) => wallAt(manifest, ms).wallMs), [1_003_999, 1_064_000]);
  manifest.pauses = [pause(4000, null), pause(6000, null)];
  assert.deepEqual([0, 5000, 6000].map((ms) => wallAt(manifest, ms)?.wallMs ?? null), [1_000_000, null, 1_086_000]);
  manifest.wall = { start_unix_ms: 9e15, stop_unix_ms: 9e15, uncertainty_ms: 7 };
  assert.equal(wallAt(manifest, 0), null, "a time that no calendar has");
  manifest.wall = null;
  assert.equal(wallAt(manifest, 0), null);
});

test("an address is a path below the page's server, or an http link", () => {
  const address = (segment) => addressOf(segment, "https://page.example/lesson/index.html");
  assert.equal(address({ src: "media/a b?#%.mp4" }), "https://page.example/lesson/media/a%20b%3F%23%25.mp4");
  assert.equal(address({ src: "../x.mp4" }), "https://page.example/x.mp4");
  for (const src of ["//evil.example/x", "https://evil.example/x", "javascript:alert(1)", "\\\\evil.example\\x"]) {
    assert.equal(new URL(address({ src })).origin, "https://page.example");
  }
  for (const url of ["javascript:alert(1)", "data:video/mp4,x", "file:///etc/passwd", "//evil.example/x", "http://", null, 7]) {
    assert.equal(address({ url }), null);
  }
  assert.equal(address({ url: "https://a.example/x.mp4?sign=1" }), "https://a.example/x.mp4?sign=1");
  const rewritten = (src) => address({ src, src_status: "rewritten", url: "https://a.example/x.mp4" });
  assert.equal(rewritten("https://cdn.example/a%20b.mp4?k=1"), "https://cdn.example/a%20b.mp4?k=1");
  assert.equal(rewritten("a%20b.mp4"), "https://page.example/lesson/a%20b.mp4");
  assert.equal(rewritten("/x.mp4"), "https://page.example/x.mp4");
  const foreign = ["javascript:alert(1)", "data:,x", "//evil.example/x", "\\\\evil.example/x", "file:///x"];
  const veiled = ["/\t/evil.example/x", " //evil.example/x", "\n//evil.example/x", "\u0001//evil.example/x", "a b", "a\\b"];
  for (const src of [...foreign, ...veiled, "../../..//evil.example/x"]) assert.equal(rewritten(src), null, src);
  assert.equal(address({ src: "half \ud800" }), "https://page.example/lesson/half%20%EF%BF%BD");
  const onDisk = addressOf({ src: "../../../..//evil.example/x" }, "file:///home/amy/index.html");
  assert.equal(onDisk, "file:///evil.example/x", "two slashes would begin a host");
});

test("the clock keeps its place over stops and changes of rate, and ends at the end", () => {
  let nowMs = 0;
  const clock = new Clock(10_000, () => nowMs);
  clock.start();
  nowMs = 1000;
  clock.rate = 2;
  nowMs = 2000;
  assert.equal(clock.nowMs, 3000);
  clock.stop();
  nowMs = 9000;
  assert.equal(clock.nowMs, 3000);
  clock.start();
  nowMs = 99_000;
  assert.equal(clock.nowMs, 10_000);
});

test("elements that begin at different speeds are together after a moment", () => {
  const { replay, run } = replayOf(lesson({ a: [clip(0, 20_000)], b: [clip(0, 20_000)], c: [clip(0, 20_000)] }, { audible: ["a", "b"] }), {
    a: { latencyMs: 70 }, b: { latencyMs: 90 }, c: { latencyMs: 200 },
  });
  replay.play();
  run(1500);
  const skews = [];
  run(8000, (debug) => skews.push(skewMs(debug)));
  assert.ok(Math.max(...skews) < 45, `${Math.max(...skews)} ms`);
  assert.equal(replay.hardSeeks, 0);
});

test("what is heard is never nudged, not even at its start, and a picture that drifts is", () => {
  const { replay, media, run, track } = replayOf(lesson({ a: [clip(0, 60_000)], b: [clip(0, 60_000)] }, { audible: ["a"] }), {
    a: { latencyMs: 150 }, b: { drift: 1.01 },
  });
  replay.play();
  run(20_000);
  assert.deepEqual([...media.a[0].rates], [1]);
  assert.ok(Math.min(...media.b[0].rates) < 1);
  assert.ok(Math.abs(track("b").errorMs) < 30);
});

test("the clock follows the first sound, not the others", () => {
  const { replay, run, track } = replayOf(lesson({ a: [clip(0, 60_000)], b: [clip(0, 60_000)] }, { audible: ["a", "b"] }), {
    a: { drift: 0.99 },
  });
  replay.play();
  const { atMs } = run(10_000);
  assert.ok(atMs < 9900, `${atMs}`);
  assert.ok(Math.abs(track("a").errorMs) < 30);
});

test("a sound that is more than 150 ms off is sought once", () => {
  const { replay, media, run, track } = replayOf(lesson({ a: [clip(0, 60_000)], b: [clip(0, 60_000)] }, { audible: ["a", "b"] }));
  replay.play();
  run(2000);
  const seeks = media.b[0].seeks;
  media.b[0].behaviour.drift = 0;
  run(200);
  media.b[0].behaviour.drift = 1;
  run(2000);
  assert.equal(media.b[0].seeks - seeks, 1);
  assert.ok(Math.abs(track("b").errorMs) < 30);
  assert.equal(media.b[0].muted, false);
});

test("nobody plays until all who should play can", () => {
  const { replay, media, run, told } = replayOf(lesson({ a: [clip(0, 20_000)], b: [clip(0, 20_000)] }), { b: { loadMs: 1500 } });
  replay.play();
  assert.equal(run(1400).atMs, 0);
  assert.ok(media.a[0].paused);
  assert.ok(run(1000).atMs > 500);
  assert.deepEqual(told, ["play", "waiting", "playing"]);
});

test("an element that starves stops all, and they go on together", () => {
  const { replay, media, run, told } = replayOf(lesson({ a: [clip(0, 20_000)], b: [clip(0, 20_000)] }));
  replay.play();
  run(2000);
  media.b[0].readyState = 2;
  media.b[0].readyAtMs = machineMs + 1000;
  const { atMs } = run(600);
  assert.ok(media.a[0].paused);
  assert.equal(run(300).atMs, atMs);
  run(1500);
  assert.deepEqual(told.slice(-2), ["waiting", "playing"]);
  assert.equal(replay.hardSeeks, 0);
});

test("a file that is not there costs its own pane and nothing else", () => {
  const { replay, run, track } = replayOf(lesson({ a: [clip(0, 5000)], b: [clip(0, 5000, "404.mp4")] }));
  replay.play();
  assert.ok(run(1500).atMs > 1000);
  assert.deepEqual([track("b").state, track("b").failure.code], ["failed", "network"]);
});

test("a file that never comes is waited for some seconds, then the class goes on", () => {
  const { replay, run, track } = replayOf(lesson({ a: [clip(0, 60_000)], b: [clip(0, 60_000)] }), { b: { loadMs: 1e9 } });
  replay.play();
  assert.equal(run(4900).atMs, 0);
  assert.ok(run(2000).atMs > 1000);
  assert.equal(track("b").state, "late");
});

test("a file that comes late joins where the class is", () => {
  const { replay, run, track } = replayOf(lesson({ a: [clip(0, 60_000)], b: [clip(0, 60_000)] }), { b: { loadMs: 8000 } });
  replay.play();
  run(12_000);
  assert.equal(track("b").state, "playing");
  assert.ok(Math.abs(track("b").errorMs) < 30, `${track("b").errorMs}`);
});

test("in a gap nothing plays and the clock runs", () => {
  const { replay, media, run } = replayOf(lesson({ a: [clip(0, 1000), gap(1000, 4000), clip(4000, 8000, "b.mp4")] }));
  replay.play();
  const debug = run(2500);
  assert.ok(debug.atMs > 2000 && debug.tracks[0].shown === null);
  assert.ok(media.a.every((element) => element.paused));
  const later = run(3000);
  assert.deepEqual([later.tracks[0].state, later.tracks[0].shown], ["playing", 2]);
});

test("over a seam the last picture stays, and the next file is on time", () => {
  const { replay, run } = replayOf(lesson({ a: [clip(0, 3000), gap(3000, 3020, "seam"), clip(3020, 8000, "b.mp4")] }));
  replay.play();
  const shown = new Set();
  const errors = [];
  run(6000, (debug) => {
    if (debug.atMs > 500) shown.add(debug.tracks[0].shown);
    if (debug.atMs > 3100) errors.push(Math.abs(debug.tracks[0].errorMs));
  });
  assert.deepEqual([...shown], [0, 2]);
  assert.ok(Math.max(...errors) < 40, `${Math.max(...errors)} ms`);
});

test("a seek into a gap shows nothing, and a seek back shows its place", () => {
  const { replay, run, told } = replayOf(lesson({ a: [clip(0, 1000), gap(1000, 4000), clip(4000, 8000, "b.mp4", 500)] }));
  replay.seek(2000);
  assert.equal(run(400).tracks[0].state, "gap");
  replay.seek(5000);
  const debug = run(400);
  assert.ok(Math.abs(debug.tracks[0].errorMs) < 1);
  assert.deepEqual(told, ["seeking", "seeked", "seeking", "seeked"]);
});

test("many seeks in a row end at the last", () => {
  const { replay, run, media } = replayOf(lesson({ a: [clip(0, 60_000)] }), { a: { seekMs: 200 } });
  run(500);
  for (let atMs = 1000; atMs <= 50_000; atMs += 1000) {
    replay.seek(atMs);
    run(40);
  }
  assert.ok(Math.abs(run(600).tracks[0].errorMs) < 1);
  assert.ok(media.a[0].seeks < 20);
});

test("a file that ends before its clip keeps its last picture and holds nobody up", () => {
  const { replay, run, track } = replayOf(lesson({ a: [clip(0, 10_000)], b: [clip(0, 10_000)] }), { b: { lengthS: 2 } });
  replay.play();
  assert.ok(run(5000).atMs > 4500);
  assert.deepEqual([track("b").state, track("b").shown], ["over", 0]);
});

test("at twice the speed everything is twice as fast and still together", () => {
  const tracks = { a: [clip(0, 9000), clip(9000, 20_000, "b.mp4")], b: [clip(0, 20_000)] };
  const { replay, run } = replayOf(lesson(tracks, { audible: ["a"] }));
  replay.setRate(2);
  replay.play();
  run(2000);
  const skews = [];
  const { atMs } = run(6000, (debug) => skews.push(skewMs(debug)));
  assert.ok(atMs > 15_000);
  skews.sort((one, other) => one - other);
  assert.ok(skews[Math.floor(skews.length * 0.95)] < 45, `${skews}`);
});

test("a pause of the recording is told once, when playing crosses it", () => {
  const pause = { at_ms: 2000, duration_ms: 60_000, duration_range_ms: [53_000, 61_000], source: "inferred" };
  const { replay, run, told } = replayOf(lesson({ a: [clip(0, 2000), clip(2000, 8000, "b.mp4")] }, { pauses: [pause] }));
  replay.play();
  run(4000);
  assert.equal(told.filter((type) => type === "recordingpause").length, 1);
  replay.seek(1000);
  replay.seek(5000);
  run(1000);
  assert.equal(told.filter((type) => type === "recordingpause").length, 1);
});

test("at the end it stops, and play begins again at the start", () => {
  const { replay, run, told, track } = replayOf(lesson({ a: [clip(0, 1500)] }));
  replay.play();
  run(3000);
  assert.deepEqual([replay.isPaused, replay.isEnded, told.slice(-2)], [true, true, ["pause", "ended"]]);
  replay.play();
  run(600);
  assert.ok(track("a").isMoving);
});

test("solo and mute decide what is heard", () => {
  const { replay, media, run } = replayOf(lesson({ a: [clip(0, 60_000)], b: [clip(0, 60_000)] }, { audible: ["a", "b"] }));
  const heard = () => Object.entries(media).filter(([, elements]) => elements.some((element) => !element.paused && !element.muted)).map(([id]) => id);
  replay.play();
  run(1500);
  assert.deepEqual(heard(), ["a", "b"]);
  replay.soloId = "b";
  run(500);
  assert.deepEqual(heard(), ["b"]);
  replay.soloId = null;
  replay.isMuted = true;
  run(500);
  assert.deepEqual(heard(), []);
});

test("what is neither seen nor heard is not loaded", () => {
  const { replay, media, run, track } = replayOf(lesson({ a: [clip(0, 60_000)], b: [clip(0, 60_000)] }));
  replay.tracks[1].isWanted = false;
  replay.play();
  run(1000);
  assert.equal(track("b").state, "off");
  assert.ok(media.b.every((element) => element.src === ""));
});

test("a link that expired is asked for again, once", async () => {
  machineMs = 0;
  const asked = [];
  const media = [];
  const replay = new Replay(
    lesson({ a: [clip(0, 5000)] }),
    () => media[media.push(new FakeMedia()) - 1],
    async (_segment, _track, attempt) => {
      asked.push(attempt);
      return attempt === 0 ? "https://a.example/404.mp4" : "https://a.example/fresh.mp4";
    },
    () => machineMs,
  );
  for (; machineMs < 1000; machineMs += 40) {
    media.forEach((element) => element.step(40));
    replay.tick();
    await null;
  }
  assert.deepEqual(asked, [0, 1]);
  assert.equal(replay.debug().tracks[0].state, "playing");
});

test("a rewriter that throws costs a card, and the class goes on", async () => {
  const manifest = lesson({ a: [clip(0, 1000)], b: [clip(0, 1000)] }, { audible: ["b"] });
  const { replay, run, media } = replayOf(manifest);
  const slots = replay.tracks[0].slots;
  for (const slot of slots) slot.address = () => { throw new Error("no key"); };
  replay.play();
  run(500);
  assert.deepEqual(replay.tracks.map(({ state }) => state), ["failed", "playing"]);
  assert.equal(slots.find(({ failure }) => failure).failure.detail, "Error: no key");
  assert.ok(media.b.some(({ currentTime }) => currentTime > 0));
});
