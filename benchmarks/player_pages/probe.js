// How both players are measured: by what their media elements do, never by what the players say of themselves.

/** Lay `window.probe` over a player: what it needs of it is `videos()`, `now()` ms, `seek(ms)`, `play(rate)`, `isOver()`. */
export function lay(manifest, player) {
  const segments = new Map();
  for (const track of manifest.tracks) {
    for (const one of track.segments) {
      if (one.type === "clip") segments.set(new URL(one.src, location).href, one);
    }
  }
  const segmentOf = (video) => segments.get(video.currentSrc);
  const isSeen = (video) => !video.hidden && segmentOf(video) !== undefined;
  const isRunning = (video) => !video.paused && !video.ended && !video.seeking && video.readyState > 2;
  const placeOf = (video) => {
    const { start_ms, media_start_ms } = segmentOf(video);
    return start_ms - media_start_ms + video.currentTime * 1000;
  };
  let seeks = 0;
  const watched = new WeakSet();
  const watch = () => {
    for (const video of player.videos()) {
      if (watched.has(video)) continue;
      watched.add(video);
      video.addEventListener("seeking", () => (seeks += !video.paused && isSeen(video) ? 1 : 0));
    }
  };

  /** Play all of it; return how far apart the streams were (real ms) at 20 looks a second, seeks, and halts (ms). */
  async function run(rate) {
    await seek(0);
    const skews = [];
    const since = performance.now();
    seeks = 0;
    player.play(rate);
    while (!player.isOver()) {
      await new Promise((done) => setTimeout(done, 50));
      watch();
      const at = player.now();
      const places = [...player.videos()]
        .filter((video) => isSeen(video) && isRunning(video))
        .filter((video) => segmentOf(video).start_ms <= at && at < segmentOf(video).end_ms)
        .map(placeOf);
      if (places.length > 1) skews.push((Math.max(...places) - Math.min(...places)) / rate);
    }
    const halts = performance.now() - since - manifest.duration_ms / rate;
    return { skews, seeks, halts };
  }

  /** Seek while nothing moves; return ms until every stream that plays there shows its picture, 10 s at most. */
  async function seek(to) {
    const wanted = manifest.tracks.filter((track) =>
      track.segments.some((one) => one.type === "clip" && one.start_ms <= to && to < one.end_ms));
    const since = performance.now();
    player.seek(to);
    for (;;) {
      await new Promise(requestAnimationFrame);
      const there = [...player.videos()].filter(
        (video) => isSeen(video) && !video.seeking && video.readyState > 1 && Math.abs(placeOf(video) - to) < 150);
      const took = performance.now() - since;
      if (there.length >= wanted.length || took > 10_000) return took;
    }
  }

  window.probe = { run, seek };
}
