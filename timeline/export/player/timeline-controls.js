/**
 * The skin of a `<timeline-player>`: buttons, lanes, keys. It uses the player's public surface alone.
 *
 *     <timeline-controls keys="page"><timeline-player src="lesson.json"></timeline-player></timeline-controls>
 *
 * `keys="page"` listens to keys wherever the focus is, else only where it is inside; `keys="off"` never.
 * `lang` is en or zh; by default that of the page or of the browser. Colours are CSS properties of it: --paper, --ink, --accent, …
 */
import { at, segmentIndex, wallAt } from "./timeline-player.js";
import { KINDS, KIND_ICONS, byLanguage, knownKind, languageOf } from "./timeline-player.js";
import { make, makeIcon, plainText, timeText, trackName } from "./timeline-player.js";

const WORDS = byLanguage({
  play: ["Play", "播放"],
  pause: ["Pause", "暂停"],
  parts: ["Parts", "分段"],
  part: ["Part {n}", "第 {n} 段"],
  speed: ["Speed", "速度"],
  mute: ["Mute", "静音"],
  unmute: ["Unmute", "取消静音"],
  volume: ["Volume", "音量"],
  grid: ["Grid", "平铺"],
  stage: ["One large", "主画面"],
  full: ["Full screen", "全屏"],
  help: ["Keyboard shortcuts", "快捷键"],
  language: ["中文", "English"],
  close: ["Close", "关闭"],
  room: ["Room {id}", "房间 {id}"],
  lesson: ["Lesson", "课堂"],
  seek: ["Position", "位置"],
  lanes: ["Who is on when", "谁在何时出现"],
  clock: ["Class time", "课堂时间"],
  about: ["±{s} s", "±{s} 秒"],
  cut: ["pause {length}", "暂停 {length}"],
  paused: ["The class was paused for {length}", "课堂在此暂停了 {length}"],
  between: ["{low} to {high}", "{low} 至 {high}"],
  of: ["{at} of {end}", "{at}，共 {end}"],
  pin: ["Enlarge {name}", "放大：{name}"],
  hush: ["Mute {name}", "静音：{name}"],
  solo: ["Only {name}", "只听：{name}"],
  on: ["on {spans}", "出现于 {spans}"],
  more: ["and {n} more", "另有 {n} 段"],
  never: ["never on", "从未出现"],
  late_start: ["not here yet", "尚未加入"],
  absence: ["away", "离开"],
  early_end: ["gone", "已离开"],
  seam: ["change of files", "切换文件"],
  missing: ["file missing", "文件缺失"],
  sound: ["The browser keeps silent until you click", "点击之前，浏览器不发出声音"],
  again: ["Sound on", "打开声音"],
  noManifest: ["The manifest cannot be read: {why}", "无法读取清单：{why}"],
});

/** Keys, and what they do in English and Chinese. */
const KEYS = [
  ["Space, K", "play, pause", "播放、暂停"],
  ["← →, J L", "10 s back, forward; with Shift 1 s", "后退、前进 10 秒；加 Shift 为 1 秒"],
  [", .", "one frame back, forward", "后退、前进一帧"],
  ["< >", "slower, faster", "减速、加速"],
  ["0 … 9", "go to 0 % … 90 %", "跳到 0 % … 90 %"],
  ["Home, End", "go to the start, the end", "跳到开头、结尾"],
  ["P, N", "previous, next pause of the class", "上一次、下一次课堂暂停"],
  ["M", "mute, unmute", "静音开关"],
  ["G", "grid, one large", "平铺、主画面"],
  ["Alt + 1 … 9", "enlarge that person; Esc ends it", "放大此人；Esc 取消"],
  ["F", "full screen", "全屏"],
  ["?", "this list", "本列表"],
];

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const MOST_BARS = 400; // of a lane; more are drawn together where they share a pixel
const MOST_TOLD = 20; // stretches of a lane that are read out
const FRAME_MS = 40;
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

const ICONS = {
  play: "M7 4l13 8-13 8z", pause: "M7 4h3v16H7zM14 4h3v16h-3z",
  sound: "M4 9v6h4l5 4V5L8 9zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11", silent: "M4 9v6h4l5 4V5L8 9zM16 9l5 6M21 9l-5 6",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z", stage: "M3 5h12v14H3zM17 5h4v6h-4zM17 13h4v6h-4z",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", pin: "M9 3h6l-1 7 3 3H7l3-3zM12 13v8", solo: "M4 14v-2a8 8 0 0 1 16 0v2M4 14h3v6H4zM17 14h3v6h-3z",
};

const SKIN_STYLE = `
:host { --paper: light-dark(#fff, #14171c); --ink: light-dark(#1b1f24, #e8ebf0); --soft: light-dark(#5a6472, #a3adba);
  --line: light-dark(#d5dae1, #333b47); --accent: light-dark(#0062a0, #6cc0f2); --cut: light-dark(#b34700, #ff9a57);
  --camera: #0072b2; --screen: #e69f00; --whiteboard: #009e73; --mixed: #cc79a7; --audio: #56b4e9; --other: #7f7f7f;
  --head: 14rem; color-scheme: light dark; container-type: size; display: block; height: 100%; background: var(--paper);
  color: var(--ink); font: 14px/1.4 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
[hidden] { display: none !important; }
.frame { display: flex; flex-direction: column; height: 100%; }
header, .bar { display: flex; align-items: center; gap: .4rem; padding: .3rem .7rem; }
h1, .head bdi, .slider b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
h1 { font-size: 1rem; margin: 0; flex: 1; }
.space { flex: 1; }
.time { padding: 0 .4rem; white-space: nowrap; }
.wall, h2, .slider i { color: var(--soft); }
.screen-box { position: relative; flex: 1; min-height: 0; background: #14171c; }
::slotted(*) { height: 100%; }
button, select, summary { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 6px;
  min-width: 36px; min-height: 36px; padding: 0 .4rem; cursor: pointer; }
button, summary { display: inline-flex; align-items: center; justify-content: center; }
select { border-color: var(--line); background: var(--paper); }
button:hover, summary:hover { background: color-mix(in srgb, var(--ink) 10%, transparent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
svg { flex: none; width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; }
.play svg, .big svg { fill: currentColor; }
.big { position: absolute; left: 50%; top: 50%; width: 84px; height: 84px; margin: -42px; border-radius: 50%;
  background: #000b !important; color: #fff; border: 2px solid; }
.big svg { width: 40px; height: 40px; }
.toast { position: absolute; left: 50%; top: 12px; transform: translateX(-50%); width: max-content; max-width: 90%;
  padding: .3rem .9rem; box-sizing: border-box; border-radius: 18px; background: #000c; color: #fff; text-align: center; }
.toast button { border-color: #fff; }
input { width: 5.5rem; accent-color: var(--accent); }
details { position: relative; }
summary { list-style: none; }
.menu { position: absolute; right: 0; bottom: 42px; z-index: 5; margin: 0; padding: .3rem; list-style: none; width: 18rem;
  max-height: 50cqh; overflow: auto; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; }
.menu button { width: 100%; justify-content: space-between; }
.menu .cut { padding: .1rem .5rem; font-size: 12px; }
.cut { color: var(--cut); }
.menu [aria-current=true] { font-weight: 700; }
.lanes { overflow-y: auto; max-height: 42cqh; border-top: 1px solid var(--line); }
.inside { position: relative; padding-bottom: 4px; }
.ruler, .row { display: grid; grid-template-columns: var(--head) 1fr; align-items: center; }
.ruler { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--line); font-size: 12px; }
h2 { margin: 0; padding: 0 .7rem; font-size: 12px; font-weight: 400; }
.slider, .bars { position: relative; margin-right: 14px; cursor: pointer; touch-action: pan-y; }
.slider { height: 50px; }
.slider i, .slider b { position: absolute; font: inherit; }
.slider i { bottom: 0; transform: translateX(-50%); }
.slider i:first-of-type { transform: none; }
.slider b { top: 0; padding-left: 5px; box-sizing: border-box; }
.slider .cut { transform: translateX(-50%); top: 16px; background: var(--paper); padding: 0 3px; z-index: 1; }
ul { margin: 0; padding: 0; list-style: none; }
.row { height: 30px; content-visibility: auto; contain-intrinsic-size: auto 30px; }
.head { display: flex; align-items: center; min-width: 0; padding: 0 .4rem 0 .7rem; gap: .3rem; }
.head svg { width: 16px; height: 16px; color: var(--soft); }
.head bdi { flex: 1; text-align: left; }
.head button { min-width: 26px; min-height: 26px; padding: 0; }
.head [aria-pressed=true] { background: color-mix(in srgb, var(--accent) 22%, transparent); }
.bars { height: 100%; background: linear-gradient(var(--line) 0 0) 0 50% / 100% 1px no-repeat; }
.bars i { position: absolute; top: 6px; bottom: 6px; min-width: 2px; border-radius: 3px; box-sizing: border-box;
  border-right: 1px solid var(--paper); background: var(--bar); }
.bars .lost { background: none; border: 2px dashed var(--cut); }
.hushed bdi { color: var(--soft); }
.over { position: absolute; z-index: 3; left: var(--head); right: 14px; top: 0; bottom: 0; pointer-events: none; }
.over * { position: absolute; bottom: 0; }
.over s { top: 34px; border-left: 2px dashed var(--cut); }
.now { top: 22px; border-left: 2px solid var(--accent); margin-left: -1px; }
.now::before { content: ""; position: absolute; top: -2px; left: -8px; border: 7px solid transparent; border-top-color: var(--accent); }
.at { top: 0; border-left: 1px solid var(--soft); }
.tip { position: fixed; z-index: 9; max-width: 22rem; padding: .25rem .6rem; border-radius: 6px; background: #000d; color: #fff;
  font-size: 12px; pointer-events: none; white-space: pre-line; overflow-wrap: anywhere; }
.unseen { position: absolute; top: 0; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
dialog { color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
td { padding: .15rem .9rem .15rem 0; }
td:first-child { white-space: nowrap; font-weight: 600; }
@container (max-width: 44rem) {
  .slider i:nth-of-type(even), input, h2, .wall :first-child { display: none; }
  .ruler, .row { display: block; height: auto; }
  .row { contain-intrinsic-size: auto 72px; }
  .slider, .bars { margin: 0 12px; }
  .bars { height: 28px; }
  .over { left: 12px; right: 12px; }
  button, summary, select, .head button { min-width: 44px; min-height: 44px; }
  header, .bar { padding: .1rem .3rem; gap: 0; flex-wrap: wrap; }
  button, summary, select { padding: 0 .2rem; }
  .time { padding: 0; white-space: normal; text-align: center; line-height: 1.2; }
  .bar { position: relative; flex-wrap: nowrap; }
  details { position: static; }
  .menu { left: 6px; right: 6px; bottom: 100%; width: auto; }
}
@container (max-height: 30rem) {
  .frame { display: grid; grid: minmax(0, 1fr) auto auto / auto minmax(0, 1fr); }
  .screen-box { grid-area: 1 / 1 / 2 / 3; }
  .bar { grid-area: 2 / 1; position: relative; }
  details { position: static; }
  .menu { left: 6px; right: auto; bottom: 100%; }
  header { grid-area: 2 / 2; justify-content: end; flex-wrap: nowrap; }
  h1 { position: absolute; clip-path: inset(50%); }
  .wall { overflow: hidden; white-space: nowrap; }
  .wall :first-child { display: none; }
  .lanes { grid-area: 3 / 1 / 4 / 3; max-height: 26cqh; }
}
@media (pointer: coarse) {
  :host { --head: 18rem; }
  input { display: none; }
  button, summary, select, .head button { min-width: 44px; min-height: 44px; }
  .row { min-height: 44px; }
}
@media (forced-colors: active) {
  .bars i { background: CanvasText; }
  .bars .lost { background: none; }
  .head [aria-pressed=true] { border: 3px solid Highlight; }
}
`;

const aria = (element, name, value) => element.setAttribute(`aria-${name}`, value);

/** `<timeline-controls>`: put a `<timeline-player>` inside. */
class TimelineControls extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ["lang"];
  #root;
  #player = null;
  #parts = {};
  #rows = new Map();
  #isDragging = false;
  #wasPlayed = false;
  #frame = 0;
  #toastTimer = 0;
  #ends = null;

  constructor() {
    super();
    this.#root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SKIN_STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    this.#build();
  }

  get player() {
    return this.#player;
  }

  get words() {
    return WORDS[languageOf(this)];
  }

  #kind(track) {
    return KINDS[languageOf(this)][knownKind(track)];
  }

  connectedCallback() {
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    const target = this.getAttribute("keys") === "page" ? document : this;
    if (this.getAttribute("keys") !== "off") target.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    document.addEventListener("click", (event) => {
      if (!event.composedPath().includes(this.#parts.menu)) this.#parts.menu.open = false;
    }, { signal });
    this.#adopt();
  }

  disconnectedCallback() {
    this.#ends.abort();
    cancelAnimationFrame(this.#frame);
    this.#player = null;
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#retell();
  }

  /* --- building */

  #build() {
    const parts = this.#parts;
    const button = (name, icon, onClick, className = "") => {
      parts[name] = make("button", `${name} ${className}`);
      parts[name].type = "button";
      if (icon) parts[name].append(makeIcon(ICONS[icon]));
      parts[name].addEventListener("click", onClick);
      return parts[name];
    };
    const box = (name, tag, className, ...children) => {
      parts[name] = make(tag, className);
      parts[name].append(...children);
      return parts[name];
    };
    const player = () => this.#player;
    const header = box("header", "header", "", box("title", "h1", ""), box("wall", "span", "wall", box("wallName", "span", ""), box("hour", "span", "")),
      button("language", null, () => (this.lang = languageOf(this) === "zh" ? "en" : "zh")),
      button("help", null, () => this.#parts.dialog.showModal()));
    parts.help.textContent = "?";
    const screen = box("screen", "div", "screen-box", make("slot"), button("big", "play", () => this.#toggle()),
      box("toast", "div", "toast"));
    parts.screen.firstChild.addEventListener("slotchange", () => this.#adopt());
    parts.toast.hidden = true;
    box("speed", "select", "speed");
    for (const speed of SPEEDS) parts.speed.append(new Option(`${speed}×`, speed, speed === 1, speed === 1));
    parts.speed.addEventListener("change", () => this.#setSpeed(Number(parts.speed.value)));
    box("volume", "input", "");
    Object.assign(parts.volume, { type: "range", min: 0, max: 1, step: 0.05, value: 1 });
    parts.volume.addEventListener("input", () => {
      player().volume = Number(parts.volume.value);
      player().muted = player().volume === 0;
    });
    const menu = box("menu", "details", "", box("menuName", "summary", ""), box("sections", "ol", "menu"));
    const bar = box("bar", "div", "bar", button("play", "play", () => this.#toggle()),
      box("time", "span", "time"), make("span", "space"), menu, parts.speed,
      button("mute", "sound", () => (player().muted = !player().muted)), parts.volume,
      button("view", "grid", () => (player().view = player().view === "grid" ? "stage" : "grid")),
      button("full", "full", () => this.#fullScreen()));
    box("slider", "div", "slider");
    parts.slider.tabIndex = 0;
    parts.slider.setAttribute("role", "slider");
    const ruler = box("ruler", "div", "ruler", box("lanesName", "h2", ""), parts.slider);
    box("over", "div", "over", box("now", "div", "now"), box("at", "div", "at"));
    parts.at.hidden = true;
    const lanes = box("lanes", "section", "lanes",
      box("inside", "div", "inside", ruler, box("list", "ul", "rows"), parts.over));
    parts.inside.addEventListener("pointerdown", (event) => this.#onDown(event));
    parts.inside.addEventListener("pointermove", (event) => this.#onMove(event));
    parts.inside.addEventListener("pointerleave", () => this.#untip());
    lanes.addEventListener("scroll", () => this.#untip(), { passive: true });
    box("tip", "div", "tip").hidden = true;
    box("live", "div", "unseen").setAttribute("role", "status");
    box("dialog", "dialog", "", box("table", "table", ""), button("close", null, () => parts.dialog.close()));
    this.#root.append(box("frame", "div", "frame", header, screen, bar, lanes), parts.tip, parts.live, parts.dialog);
  }

  #adopt() {
    const player = this.querySelector("timeline-player");
    if (!player || player === this.#player || !this.#ends) return;
    this.#player = player;
    const { signal } = this.#ends;
    const on = (types, act) => types.split(" ").forEach((type) => player.addEventListener(type, act, { signal }));
    on("loadedmetadata", () => this.#show());
    on("play pause playing waiting seeking seeked ended timeupdate", () => this.#update());
    on("volumechange viewchange ratechange trackchange", () => this.#updateButtons());
    on("recordingpause", ({ detail }) => this.#say(this.#pauseText(detail), 5000));
    on("soundblocked", () => this.#offerSound());
    on("error", () => this.#say(this.words.noManifest.replace("{why}", plainText(player.error.message, 200)), 1e9));
    on("playing", () => this.#animate());
    if (player.manifest) this.#show();
    else this.#retell();
  }

  /** Draw a new lesson. */
  #show() {
    const { manifest } = this.#player;
    const parts = this.#parts;
    this.#rows.clear();
    this.#wasPlayed = false;
    parts.list.replaceChildren(...manifest.tracks.map((track) => this.#row(track, manifest)));
    parts.over.replaceChildren(...manifest.pauses.map((pause) => this.#put(make("s"), pause.at_ms)), parts.at, parts.now);
    try {
      const speed = Number(localStorage.getItem("timeline-speed"));
      if (SPEEDS.includes(speed)) this.#player.playbackRate = speed;
    } catch {
      /* a page from disk may have no storage */
    }
    this.#retell();
  }

  #percent(atMs) {
    return `${(100 * atMs) / Math.max(1, this.#player.manifest.duration_ms)}%`;
  }

  #put(element, atMs) {
    element.style.left = this.#percent(atMs);
    return element;
  }

  #row(track, manifest) {
    const row = make("li", "row");
    const head = make("div", "head");
    const told = make("span", "unseen");
    const bars = make("div", "bars");
    bars.style.setProperty("--bar", `var(--${knownKind(track)})`);
    bars.dataset.id = track.id;
    const clips = track.segments.filter((segment) => segment.type === "clip");
    const nearMs = clips.length > MOST_BARS ? manifest.duration_ms / 1500 : -1;
    let last = null;
    for (const clip of clips) {
      const isLost = clip.src_status === "missing" || Boolean(clip["x-why"]);
      if (last && last.isLost === isLost && clip.start_ms - last.endMs <= nearMs) last.endMs = clip.end_ms;
      else {
        last = { bar: make("i", isLost ? "lost" : ""), startMs: clip.start_ms, isLost, endMs: clip.end_ms };
        bars.append(this.#put(last.bar, clip.start_ms));
      }
      last.bar.style.width = this.#percent(last.endMs - last.startMs);
    }
    const name = make("bdi");
    head.append(makeIcon(KIND_ICONS[knownKind(track)]), name, told);
    const toggles = {};
    const toggle = (what, icon, onClick) => {
      toggles[what] = make("button");
      toggles[what].type = "button";
      toggles[what].append(makeIcon(ICONS[icon]));
      toggles[what].addEventListener("click", onClick);
      head.append(toggles[what]);
    };
    const player = this.#player;
    if (track.kind !== "audio") toggle("pin", "pin", () => player.pin(player.pinned === track.id ? null : track.id));
    toggle("solo", "solo", () => player.solo(player.soloId === track.id ? null : track.id));
    toggle("hush", "sound", () => player.setAudible(track.id, !player.isAudible(track.id)));
    row.append(head, bars);
    this.#rows.set(track.id, { track, row, name, told, toggles });
    return row;
  }

  /** Say everything again: a new lesson, or another language. */
  #retell() {
    const parts = this.#parts;
    parts.hour.textContent = "";
    const words = this.words;
    const name = (element, text) => {
      element.title = text;
      aria(element, "label", text);
    };
    for (const key of ["full", "help", "speed", "volume"]) name(parts[key], words[key]);
    name(parts.big, words.play);
    parts.language.textContent = words.language;
    parts.language.lang = languageOf(this) === "zh" ? "en" : "zh";
    parts.menuName.textContent = words.parts;
    parts.close.textContent = words.close;
    parts.lanesName.textContent = words.lanes;
    aria(parts.lanes, "label", words.lanes);
    aria(parts.slider, "label", words.seek);
    aria(parts.dialog, "label", words.help);
    parts.table.replaceChildren(...KEYS.map(([keys, english, chinese]) => {
      const line = make("tr");
      line.append(make("td", "", keys), make("td", "", words === WORDS.zh ? chinese : english));
      return line;
    }));
    const manifest = this.#player?.manifest;
    if (!manifest) return;
    this.#player.retell();
    const began = wallAt(manifest, 0);
    const day = began ? ` · ${new Date(began.wallMs).toLocaleDateString(words === WORDS.zh ? "zh-CN" : "en-CA")}` : "";
    const room = manifest.room_id ? words.room.replace("{id}", plainText(manifest.room_id)) : words.lesson;
    parts.title.textContent = this.getAttribute("heading") ?? `${room}${day}`;
    this.#tellRuler(manifest);
    this.#tellSections(manifest);
    for (const { track, told, toggles, name: label } of this.#rows.values()) {
      told.textContent = `: ${this.#laneText(track)}`;
      const full = trackName(track, languageOf(this));
      label.textContent = full.replace(` (${this.#kind(track)})`, "");
      for (const [what, button] of Object.entries(toggles)) name(button, words[what].replace("{name}", full));
    }
    this.#update();
    this.#updateButtons();
  }

  #tellRuler(manifest) {
    const { slider } = this.#parts;
    const durationMs = manifest.duration_ms;
    const stepS = TICKS_S.find((step) => durationMs <= step * 8000) ?? 86400 * Math.ceil(durationMs / 691_200_000);
    const marks = [];
    for (let atMs = 0; atMs <= durationMs * 0.97; atMs += stepS * 1000) {
      marks.push(this.#put(make("i", "", timeText(atMs, durationMs)), atMs));
    }
    if (manifest.sections.length > 1) {
      for (const section of manifest.sections) {
        const part = this.#put(make("b", "", this.#sectionName(section)), section.start_ms);
        part.style.width = this.#percent(section.end_ms - section.start_ms);
        marks.push(part);
      }
    }
    const most = manifest.pauses.length <= 8;
    for (const pause of manifest.pauses) {
      const length = pause.duration_ms === null ? "?" : timeText(pause.duration_ms, pause.duration_ms);
      if (most) marks.push(this.#put(make("b", "cut", this.words.cut.replace("{length}", length)), pause.at_ms));
    }
    slider.replaceChildren(...marks);
    aria(slider, "valuemin", 0);
    aria(slider, "valuemax", Math.round(durationMs / 1000));
  }

  #tellSections(manifest) {
    const { menu, sections } = this.#parts;
    menu.hidden = manifest.sections.length < 2;
    const items = [];
    for (const section of manifest.sections) {
      const cut = manifest.pauses.find((pause) => pause.at_ms === section.start_ms);
      if (cut) items.push(make("li", "cut", this.#pauseText(cut)));
      const item = make("li");
      const button = make("button");
      button.type = "button";
      const times = make("span", "", this.#span(section.start_ms, section.end_ms));
      button.append(make("bdi", "", this.#sectionName(section)), times);
      button.addEventListener("click", () => {
        this.#player.currentTime = section.start_ms / 1000;
        menu.open = false;
      });
      item.append(button);
      items.push(item);
    }
    sections.replaceChildren(...items);
  }

  /* --- words */

  #sectionName(section) {
    const number = /^Part\s(\d{1,5})$/.exec(section.title)?.[1];
    return number ? this.words.part.replace("{n}", number) : plainText(section.title);
  }

  #span(startMs, endMs) {
    const { duration_ms: durationMs } = this.#player.manifest;
    return `${timeText(startMs, durationMs)} – ${timeText(endMs, durationMs)}`;
  }

  #pauseText(pause) {
    const words = this.words;
    const length = (ms) => (ms === null ? "?" : timeText(ms, ms));
    const [low, high] = pause.duration_range_ms;
    const first = words.paused.replace("{length}", length(pause.duration_ms));
    if (low === high) return first;
    return `${first} (${words.between.replace("{low}", length(low)).replace("{high}", length(high))})`;
  }

  #laneText(track) {
    const words = this.words;
    const clips = track.segments.filter((segment) => segment.type === "clip");
    const spans = clips.slice(0, MOST_TOLD).map((clip) => this.#span(clip.start_ms, clip.end_ms)).join(", ");
    const more = clips.length > MOST_TOLD ? `, ${words.more.replace("{n}", clips.length - MOST_TOLD)}` : "";
    return `${this.#kind(track)}, ${clips.length ? words.on.replace("{spans}", spans + more) : words.never}`;
  }

  #wallText(atMs) {
    const wall = wallAt(this.#player.manifest, atMs);
    if (!wall) return null;
    const language = languageOf(this) === "zh" ? "zh-CN" : "en-GB";
    return { text: new Date(wall.wallMs).toLocaleTimeString(language, { hour12: false }), ...wall };
  }

  #say(text, forMs) {
    const { toast, live } = this.#parts;
    live.textContent = text;
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => (toast.hidden = true), Math.min(forMs, 2 ** 31 - 1));
  }

  #offerSound() {
    this.#say(`${this.words.sound} `, 1e9);
    const button = make("button", "", this.words.again);
    button.addEventListener("click", () => {
      this.#player.muted = false;
      this.#parts.toast.hidden = true;
    });
    this.#parts.toast.append(button);
  }

  /* --- what changes */

  #animate() {
    cancelAnimationFrame(this.#frame);
    this.#wasPlayed = true;
    const next = () => {
      this.#update();
      if (this.#player && !this.#player.paused) this.#frame = requestAnimationFrame(next);
    };
    next();
  }

  #update() {
    const player = this.#player;
    const manifest = player?.manifest;
    if (!manifest) return;
    const parts = this.#parts;
    const atMs = player.currentTime * 1000;
    this.#put(parts.now, atMs);
    const write = (element, text) => element.textContent !== text && (element.textContent = text);
    const [now, end] = [timeText(atMs, manifest.duration_ms), timeText(manifest.duration_ms, manifest.duration_ms)];
    write(parts.time, `${now} / ${end}`);
    const wall = this.#wallText(atMs);
    parts.wall.hidden = !wall;
    if (wall && parts.hour.textContent !== wall.text) {
      parts.hour.textContent = wall.text;
      parts.wallName.textContent = `${this.words.clock} `;
      const utc = new Date(wall.wallMs).toISOString().replace("T", " ").slice(0, 19);
      const about = this.words.about.replace("{s}", Math.ceil(wall.uncertaintyMs / 1000));
      parts.wall.title = `${this.words.clock}: ${utc} UTC ${about}`;
    }
    const whole = Math.floor(atMs / 1000);
    if (parts.slider.getAttribute("aria-valuenow") !== String(whole)) {
      const section = manifest.sections.find((one) => one.start_ms <= atMs && atMs < one.end_ms);
      const text = this.words.of.replace("{at}", now).replace("{end}", end);
      aria(parts.slider, "valuenow", whole);
      aria(parts.slider, "valuetext", section ? `${text}, ${this.#sectionName(section)}` : text);
      const number = manifest.sections.indexOf(section);
      parts.sections.querySelectorAll("button").forEach((button, index) => aria(button, "current", index === number));
    }
    const isPaused = player.paused;
    if (parts.play.dataset.paused !== String(isPaused)) {
      parts.play.dataset.paused = isPaused;
      this.#dress(parts.play, isPaused ? "play" : "pause", this.words[isPaused ? "play" : "pause"]);
    }
    parts.big.hidden = !isPaused || this.#wasPlayed;
  }

  #updateButtons() {
    const player = this.#player;
    if (!player?.manifest) return;
    const parts = this.#parts;
    delete parts.play.dataset.paused;
    this.#dress(parts.mute, player.muted ? "silent" : "sound", this.words[player.muted ? "unmute" : "mute"]);
    parts.volume.value = player.muted ? 0 : player.volume;
    const other = player.view === "grid" ? "stage" : "grid";
    this.#dress(parts.view, other, this.words[other]);
    parts.speed.value = player.playbackRate;
    for (const [id, { row, toggles }] of this.#rows) {
      const isHeard = player.soloId === null ? player.isAudible(id) : player.soloId === id;
      row.classList.toggle("hushed", !isHeard);
      aria(toggles.hush, "pressed", !player.isAudible(id));
      toggles.hush.replaceChildren(makeIcon(ICONS[player.isAudible(id) ? "sound" : "silent"]));
      aria(toggles.solo, "pressed", player.soloId === id);
      toggles.pin?.setAttribute("aria-pressed", player.pinned === id);
    }
    this.#update();
  }

  #dress(button, icon, text) {
    if (button.title === text && button.dataset.icon === icon) return;
    button.dataset.icon = icon;
    button.replaceChildren(makeIcon(ICONS[icon]));
    button.title = text;
    aria(button, "label", text);
  }

  /* --- acts */

  #toggle() {
    if (this.#player.paused) this.#player.play();
    else this.#player.pause();
  }

  #seekBy(byMs) {
    this.#player.currentTime += byMs / 1000;
  }

  #setSpeed(speed) {
    this.#player.playbackRate = speed;
    try {
      localStorage.setItem("timeline-speed", speed);
    } catch {
      /* a page from disk may have no storage */
    }
  }

  #toCut(direction) {
    const atMs = this.#player.currentTime * 1000;
    const { pauses, duration_ms: durationMs } = this.#player.manifest;
    const cuts = pauses.map((pause) => pause.at_ms);
    const to = direction > 0 ? cuts.find((cut) => cut > atMs) ?? durationMs : cuts.findLast((cut) => cut < atMs - 1500) ?? 0;
    this.#player.currentTime = to / 1000;
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.requestFullscreen?.().catch(() => {});
  }

  #onKey(event) {
    const [target] = event.composedPath();
    const player = this.#player;
    if (!player?.manifest || event.ctrlKey || event.metaKey || event.defaultPrevented || this.#parts.dialog.open) return;
    if (target.isContentEditable || target.matches?.("input:not([type=range]), select, textarea")) return;
    if (target.matches?.("button, summary, a") && [" ", "Enter"].includes(event.key)) return;
    if (target === this.#parts.volume && /^(Arrow|Home|End)/.test(event.key)) return; // they move it
    const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
    if (digit !== undefined && event.altKey && digit > 0) {
      const id = player.manifest.tracks[digit - 1]?.id;
      if (id !== undefined) player.pin(player.pinned === id ? null : id);
    } else if (event.altKey) return;
    else if (digit !== undefined && !event.shiftKey) player.currentTime = (player.duration * digit) / 10;
    else if (!this.#act(event.key, event.shiftKey ? 1000 : 10_000)) return;
    event.preventDefault();
  }

  #act(key, stepMs) {
    const player = this.#player;
    const speed = (by) => this.#setSpeed(SPEEDS[SPEEDS.indexOf(player.playbackRate) + by] ?? player.playbackRate);
    const acts = {
      " ": () => this.#toggle(), k: () => this.#toggle(),
      j: () => this.#seekBy(-stepMs), ArrowLeft: () => this.#seekBy(-stepMs),
      l: () => this.#seekBy(stepMs), ArrowRight: () => this.#seekBy(stepMs),
      ",": () => this.#step(-FRAME_MS), ".": () => this.#step(FRAME_MS),
      "<": () => speed(-1), ">": () => speed(1),
      Home: () => (player.currentTime = 0), End: () => (player.currentTime = player.duration),
      p: () => this.#toCut(-1), n: () => this.#toCut(1),
      m: () => (player.muted = !player.muted), f: () => this.#fullScreen(),
      g: () => (player.view = player.view === "grid" ? "stage" : "grid"), "?": () => this.#parts.dialog.showModal(),
    };
    const act = acts[key.length === 1 ? key.toLowerCase() : key];
    if (act) act();
    else if (key !== "Escape") return false;
    else {
      this.#parts.menu.open = false;
      if (player.pinned !== null) player.pin(null);
    }
    return true;
  }

  #step(byMs) {
    this.#player.pause();
    this.#seekBy(byMs);
  }

  /* --- the pointer over the lanes */

  #timeAt(event) {
    const { left, width } = this.#parts.over.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - left) / width, 0), 1) * this.#player.manifest.duration_ms;
  }

  #onDown(event) {
    if (!this.#player?.manifest || event.button !== 0) return;
    if (!event.target.closest(".slider, .bars")) return;
    this.#isDragging = true;
    const { inside } = this.#parts;
    if (event.pointerType !== "touch") inside.setPointerCapture(event.pointerId);
    this.#player.currentTime = this.#timeAt(event) / 1000;
    const end = () => (this.#isDragging = false);
    for (const type of ["pointerup", "pointercancel"]) inside.addEventListener(type, end, { once: true });
  }

  #onMove(event) {
    if (!this.#player?.manifest) return;
    const atMs = this.#timeAt(event);
    if (this.#isDragging) this.#player.currentTime = atMs / 1000;
    const where = event.target.closest?.(".slider, .bars");
    if (!where && !this.#isDragging) return this.#untip();
    const { tip, at: line } = this.#parts;
    line.hidden = tip.hidden = false;
    this.#put(line, atMs);
    tip.textContent = this.#tipText(atMs, where?.dataset.id);
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 8))}px`;
    tip.style.top = `${Math.max(4, event.clientY - height - 12)}px`;
  }

  #tipText(atMs, id) {
    const { manifest } = this.#player;
    const words = this.words;
    const wall = this.#wallText(atMs);
    const lines = [timeText(atMs, manifest.duration_ms) + (wall ? `  ·  ${wall.text}` : "")];
    const track = manifest.tracks.find((one) => one.id === id);
    const segment = track?.segments[segmentIndex(track, atMs)];
    if (segment) {
      const isLost = segment.src_status === "missing" || Boolean(segment["x-why"]);
      const what = segment.type === "clip" ? this.#kind(track) + (isLost ? `, ${words.missing}` : "") : words[segment.kind] ?? "";
      lines.push(`${trackName(track, languageOf(this))}: ${what}`, this.#span(segment.start_ms, segment.end_ms));
    }
    const nearMs = (manifest.duration_ms * 5) / Math.max(1, this.#parts.over.clientWidth);
    for (const pause of manifest.pauses) if (Math.abs(pause.at_ms - atMs) < nearMs) lines.push(this.#pauseText(pause));
    return lines.join("\n");
  }

  #untip() {
    this.#parts.tip.hidden = this.#parts.at.hidden = true;
  }
}

globalThis.customElements?.define("timeline-controls", TimelineControls);

export { TimelineControls };
