// The page: hears what changed from its own server, keeps it, and shows how old it is.

import * as f from "./format.js";
import { newChain, showChain, takeChain } from "./chains.js";
import { age, copy, feedRow, hasExpired, isStale, set, showCard, showDepth, showFeed, showPrices, showRegime,
  triggerItem } from "./parts.js";

const GONE_S = 3; // without a message, of which there are two a second
const AGAIN_MS = 1000;
const TICK_MS = 500;
const $ = (selector) => document.querySelector(selector);

const shown = { instruments: new Map(), feeds: new Map(), cards: new Map(), rows: new Map(),
  chains: new Map(), chainCards: new Map(),
  triggers: [], expired: null, market: null, flagWords: {}, curveBp: [], spanS: 0, page: null, trouble: null };
let heard = null; // when the last message came, and the server's time then
let events = null;

function nowUs() {
  return heard ? heard.nowUs + (performance.now() - heard.at) * 1000 : Date.now() * 1000;
}

function take(told) {
  heard = { at: performance.now(), nowUs: told.now_us };
  if (told.full) begin(told);
  shown.trouble = told.trouble;
  shown.more = told.more;
  if (told.market) shown.market = told.market;
  for (const [name, parts] of Object.entries(told.instruments)) takeInstrument(name, parts);
  for (const [name, feed] of Object.entries(told.feeds)) shown.feeds.set(name, feed);
  for (const [name, news] of Object.entries(told.chains ?? {})) {
    shown.chains.set(name, takeChain(shown.chains.get(name), news));
  }
  if (told.triggers) {
    shown.triggers = sorted(told.triggers);
    shown.expired = null;
  }
  refresh();
}

function begin(told) {
  if (shown.page !== null && shown.page !== told.page) {
    location.reload(); // the server has another version of this page
  }
  Object.assign(shown, { page: told.page, flagWords: told.flag_words, curveBp: told.curve_bp,
    spanS: told.price_span_s, market: null, triggers: [] });
  const { instruments, feeds, cards, rows, chains, chainCards } = shown;
  for (const map of [instruments, feeds, cards, rows, chains, chainCards]) map.clear();
  $("#instruments .cards").replaceChildren();
  $("#chains .chains").replaceChildren();
  $("#feeds tbody").replaceChildren();
  set($("#run"), [`run ${told.run}`, told.origin].filter(Boolean).join(", "));
  $("#flag-words").replaceChildren(...Object.entries(told.flag_words).flatMap(([flag, words]) =>
    [["dt", flag], ["dd", words]].map(([tag, text]) => {
      const node = document.createElement(tag);
      node.textContent = text;
      return node;
    })));
}

function takeInstrument(name, { prices, ...parts }) {
  const seen = shown.instruments.get(name) ?? { prices: [] };
  Object.assign(seen, parts);
  shown.instruments.set(name, seen);
  const last = seen.prices.at(-1)?.[0] ?? -Infinity;
  const fresh = prices.filter(([at]) => at > last);
  seen.prices.push(...fresh);
  const begin = (seen.prices.at(-1)?.[0] ?? 0) - shown.spanS * 1e6;
  while (seen.prices.length && seen.prices[0][0] < begin) seen.prices.shift();
  const card = shown.cards.get(name) ?? newCard(name);
  if (fresh.length) showPrices(card, seen.prices, shown.spanS);
  if (parts.curve || parts.tick) showDepth(card, seen.tick, parts.curve, shown.curveBp);
}

// Cards stand in the order of their names, whatever comes first.
function newCard(name) {
  const card = copy("card").querySelector("article");
  card.dataset.name = name;
  shown.cards.set(name, card);
  const after = [...shown.cards.keys()].filter((other) => other > name).sort()[0];
  $("#instruments .cards").insertBefore(card, after ? shown.cards.get(after) : null);
  return card;
}

function sorted(triggers) {
  const rank = (row) => (row.state === "escalate" ? 0 : 1);
  return triggers.toSorted((a, b) => rank(a) - rank(b) || b.since_us - a.since_us
    || (a.rule + a.scope < b.rule + b.scope ? -1 : 1));
}

// Laid out anew when they or the validity of their advice change, and not in between: one may be
// reading or marking them.
function showTriggers(now) {
  const expired = shown.triggers.filter((row) => hasExpired(row, now)).length;
  if (expired === shown.expired) return;
  shown.expired = expired;
  const list = $("#triggers ol");
  const groups = Map.groupBy(shown.triggers, (row) => row.rule + row.state);
  list.replaceChildren(...[...groups.values()].map((rows) => triggerItem(rows, now, shown.flagWords)));
  list.hidden = !shown.triggers.length;
  $("#triggers .nothing").hidden = !list.hidden;
  set($("#triggers .count"), shown.triggers.length ? String(shown.triggers.length) : "");
}

// Everything that depends on the time or on what has come: twice a second.
function refresh() {
  const now = nowUs();
  showRegime($("#market .regime"), shown.market, now);
  set($("#market .members"), shown.market ? `mean of ${shown.market.members} instruments` : "no market regime yet");
  showOverview(now);
  showTriggers(now);
  for (const [name, card] of shown.cards) showCard(card, shown.instruments.get(name), shown, now);
  showChains(now);
  showFeeds(now);
  filter();
  showStatus(now);
}

function showOverview(now) {
  const seen = [...shown.instruments.values()];
  const labels = seen.map((each) => each.regime?.regime ?? "unknown");
  const books = seen.filter((each) => each.tick)
    .map(({ tick }) => (isStale(tick, now) ? "silent" : tick.quality));
  const feeds = [...shown.feeds.values()].filter((feed) => feed.state === "running" && !isStale(feed, now));
  const rates = feeds.map((feed) => feed.messages_per_s).filter(f.known);
  const lags = feeds.map((feed) => feed.lag_p99_ms).filter(f.known);
  set($("#market .regimes"), tally(labels, ["stress", "normal", "calm", "unknown"]));
  set($("#market .books"), tally(books, ["silent", "gap", "stale", "degraded", "warming", "ok"]));
  const running = shown.feeds.size ? [`${feeds.length} of ${shown.feeds.size} running`] : [f.NONE];
  if (rates.length) running.push(f.rate(rates.reduce((a, b) => a + b)));
  if (lags.length) running.push(`worst lag p99 ${f.ms(Math.max(...lags))}`);
  set($("#market .lines"), running.join(", "));
}

// "2 stress, 10 calm": how many of each, what needs looking at first.
function tally(found, order) {
  const counted = order.map((name) => [name, found.filter((each) => each === name).length]);
  return counted.filter(([, n]) => n).map(([name, n]) => `${n} ${name}`).join(", ") || f.NONE;
}

function showChains(now) {
  for (const name of [...shown.chains.keys()].sort()) {
    if (!shown.chainCards.has(name)) {
      shown.chainCards.set(name, newChain(name));
      const names = [...shown.chainCards.keys()].sort();
      $("#chains .chains").replaceChildren(...names.map((each) => shown.chainCards.get(each)));
    }
    showChain(shown.chainCards.get(name), shown.chains.get(name), shown.flagWords, now);
  }
  const more = [...shown.chains.values()].some((seen) => seen.more);
  set($("#chains .count"), shown.chains.size + (more ? ", more of them is not shown" : ""));
  $("#chains").hidden = !shown.chains.size;
}

function showFeeds(now) {
  for (const name of [...shown.feeds.keys()].sort()) {
    if (!shown.rows.has(name)) {
      shown.rows.set(name, feedRow(name));
      $("#feeds tbody").append(shown.rows.get(name));
    }
    showFeed(shown.rows.get(name), shown.feeds.get(name), now);
  }
  $("#feeds table").hidden = !shown.feeds.size;
  $("#feeds .nothing").hidden = shown.feeds.size > 0;
  set($("#feeds .count"), shown.feeds.size ? String(shown.feeds.size) : "");
}

function filter() {
  const words = $("#filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const [name, card] of shown.cards) {
    const { tick, regime, about } = shown.instruments.get(name);
    const text = [name, about?.asset, about?.kind, regime?.regime, tick?.quality].join(" ").toLowerCase();
    card.hidden = !words.every((word) => text.includes(word));
    left += card.hidden ? 0 : 1;
  }
  const all = shown.cards.size;
  const counted = words.length ? `${left} of ${all}` : String(all);
  set($("#instruments .count"), all ? counted + (shown.more ? ", more are not shown" : "") : "");
  const nothing = $("#instruments .nothing");
  nothing.hidden = left > 0;
  set(nothing, all ? "No instrument has all of these words." : "Nothing yet: waiting for the first tick.");
}

// State, words for the header, alarm, and its age apart (it changes all the time: not read aloud).
function status(now) {
  const silent = heard ? (performance.now() - heard.at) / 1000 : performance.now() / 1000;
  if (silent > GONE_S) {
    const last = heard ? `Last heard ${f.span(silent)} ago.` : "";
    return ["gone", "server gone", "The server does not answer; trying again. What is shown is old.", last];
  }
  if (!heard) return ["connecting", "connecting", "", ""];
  if (shown.trouble) return ["trouble", "trouble", shown.trouble, ""];
  const ticks = [...shown.instruments.values()].map((seen) => seen.tick).filter(Boolean);
  const heads = [...shown.chains.values()].some(({ gas }) => !isStale(gas, now));
  if (!ticks.length) return heads ? ["live", "live", "", ""] : ["waiting", "waiting", "", ""];
  const stale = ticks.filter((tick) => isStale(tick, now)).length;
  const newest = ticks.reduce((a, b) => (a.ts_us > b.ts_us ? a : b));
  if (stale === ticks.length) {
    const at = f.time(newest.ts_us, now);
    return ["stale", "stale", `The data are stale: the newest tick is of ${at} UTC,`, `${f.span(age(newest, now))} ago.`];
  }
  return ["live", stale ? `live, ${stale} of ${ticks.length} stale` : "live", "", ""];
}

function showStatus(now) {
  const [state, text, alarm, ago] = status(now);
  document.body.dataset.state = state;
  set($("#status"), text);
  set($("#alarm .what"), alarm);
  set($("#alarm .ago"), ago);
  $("#alarm").hidden = !alarm;
  set($("#clock"), heard ? `${f.time(now, now)} UTC` : "");
  const regime = shown.market?.regime ?? "";
  const on = shown.triggers.length ? `(${shown.triggers.length}) ` : "";
  document.title = `${on}Seawall: ${state === "live" ? regime || "live" : text}`;
}

function connect() {
  events?.close();
  events = new EventSource("events");
  events.onmessage = (event) => take(JSON.parse(event.data));
  events.onerror = () => {
    events.close();
    events = null;
  };
}

// One clock for ages and for coming back: a dead connection does not always say so.
let tried = performance.now();
setInterval(() => {
  const quiet = performance.now() - Math.max(tried, heard?.at ?? 0);
  if (events ? quiet > GONE_S * 1000 : quiet > AGAIN_MS) {
    tried = performance.now();
    connect();
  }
  refresh();
}, TICK_MS);

// A browser may refuse to keep anything; the page works without.
function remembered(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}

const THEMES = [["", "system"], ["dark", "dark"], ["light", "light"]];
function theme(name) {
  document.documentElement.dataset.theme = name;
  set($("#theme span"), `: ${THEMES.find(([one]) => one === name)[1]}`);
}
$("#theme").addEventListener("click", () => {
  const at = THEMES.findIndex(([name]) => name === document.documentElement.dataset.theme);
  const [next] = THEMES[(at + 1) % THEMES.length];
  theme(next);
  remembered((kept) => kept.setItem("theme", next));
});
$("#filter").addEventListener("input", filter);
const kept = remembered((storage) => storage.getItem("theme"));
theme(THEMES.some(([name]) => name === kept) ? kept : "");
connect();
