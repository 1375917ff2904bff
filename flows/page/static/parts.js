// The pieces of the page: each function lays what is known into nodes that exist already.

import { depth, sparkline } from "./charts.js";
import * as f from "./format.js";

export function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function age(part, nowUs) {
  return part ? (nowUs - part.ts_us) / 1e6 : null;
}

export function isStale(part, nowUs) {
  return !part || age(part, nowUs) > part.stale_s;
}

export function copy(id) {
  return document.getElementById(id).content.cloneNode(true);
}

function chip(text, kind) {
  const node = document.createElement("span");
  node.className = `chip ${kind}`;
  node.textContent = text;
  return node;
}

// Quality, age when stale, flags. Nodes change only when their text does.
export function chips(node, part, nowUs, words) {
  const wanted = [];
  if (part) {
    if (isStale(part, nowUs)) wanted.push([`${f.span(age(part, nowUs))} old`, "old"]);
    wanted.push([part.quality, `quality ${part.quality}`]);
    for (const flag of part.flags) wanted.push([flag, "flag", words[flag] ?? ""]);
  }
  const key = JSON.stringify(wanted);
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(
    ...wanted.map(([text, kind, title]) => {
      const one = chip(text, kind);
      if (title) one.title = title;
      return one;
    }),
  );
}

export function showRegime(node, part, nowUs) {
  if (!node.firstChild) node.append(copy("regime"));
  const label = part?.regime ?? "unknown";
  node.dataset.regime = label;
  set(node.querySelector(".label b"), part ? label : f.NONE);
  const old = isStale(part, nowUs);
  const lasting = old ? "" : `, ${f.span((nowUs - part.since_us) / 1e6)}`;
  const since = part?.since_us ? `since ${f.time(part.since_us, nowUs)}${lasting}` : "";
  const late = part && old ? `as of ${f.time(part.ts_us, nowUs)}` : "";
  const doubt = part && part.quality !== "ok" ? [part.quality, ...part.flags].join(", ") : "";
  set(node.querySelector(".since"), [since, late, doubt].filter(Boolean).join(" · "));
  const shares = ["calm", "normal", "stress"].map((name) => [name, part?.[`p_${name}`]]);
  for (const [name, p] of shares) {
    node.querySelector(`.bar .${name}`).style.width = f.known(p) ? `${p * 100}%` : "0";
  }
  set(
    node.querySelector(".shares"),
    shares.map(([name, p]) => `${name} ${f.probability(p)}`).join("   "),
  );
}

export function showCard(card, seen, shown, nowUs) {
  const find = (selector) => card.querySelector(selector);
  const { about, tick, volatility } = seen;
  set(find("h3"), about?.symbol ?? card.dataset.name.replace(/^[^:]*:/, ""));
  const venue = about?.venue ?? card.dataset.name.replace(/:.*$/, "");
  set(find(".venue"), about ? `${venue} · ${about.kind}` : venue);
  chips(find(".chips"), tick, nowUs, shown.flagWords);
  card.classList.toggle("stale", isStale(tick, nowUs));

  const decimals = about?.price_decimals;
  set(find(".mid b"), f.price(tick?.mid_px, decimals));
  set(find(".mid .unit"), about?.quote ?? "");
  set(find(".quotes"), `bid ${f.price(tick?.bid_px, decimals)} · ask ${f.price(tick?.ask_px, decimals)}`);
  set(find(".spread"), f.bp(tick?.spread_bp));
  set(find(".realised"), f.yearly(volatility?.realised_vol_1m));
  set(find(".forecast"), f.yearly(volatility?.forecast_vol));
  showRegime(find(".regime"), seen.regime, nowUs);
}

export function showPrices(card, prices, spanS) {
  const svg = card.querySelector(".spark");
  sparkline(svg, prices, spanS);
  const known = prices.filter(([, px]) => f.known(px));
  const change = known.length > 1 ? known[known.length - 1][1] / known[0][1] - 1 : null;
  const past = known.length ? (known[known.length - 1][0] - known[0][0]) / 1e6 : 0;
  const text = change === null ? f.NONE : `${f.signedPercent(change)} in ${f.span(past)}`;
  set(card.querySelector(".change"), text);
  svg.setAttribute("aria-label", `price, ${text}`);
}

export function showDepth(card, tick, curve, curveBp) {
  const svg = card.querySelector(".depth svg");
  if (curve) depth(svg, curve, curveBp);
  const within = (distance) =>
    `within ${distance} bp: bids ${f.usd(tick?.[`bid_depth_usd_${distance}bp`])}, ` +
    `asks ${f.usd(tick?.[`ask_depth_usd_${distance}bp`])} USD`;
  const text = `${within(10)}\n${within(100)}`;
  set(card.querySelector(".depth figcaption"), text);
  if (svg.getAttribute("aria-label") !== text) svg.setAttribute("aria-label", `depth, ${text}`);
}

// One item per rule and level, with a line for each scope where it is on.
export function triggerItem(rows, nowUs, words) {
  const [first] = rows;
  const item = document.createElement("li");
  item.className = first.state;
  const add = (parent, tag, name, text) => {
    const node = document.createElement(tag);
    node.className = name;
    node.textContent = text;
    parent.append(" ", node);
    return node;
  };
  const head = add(item, "p", "head", "");
  add(head, "b", "rule", first.rule);
  if (first.state === "escalate") head.append(chip("escalated", "escalated"));
  const levels = [["enters at", first.enter_level], ["leaves at", first.leave_level],
    ["escalates at", first.escalate_level]].filter(([, value]) => value !== null);
  const told = levels.map(([text, value]) => `${text} ${f.level(value, first.names)}`);
  add(head, "span", "levels muted", `${first.metric} ${told.join(", ")}`);
  const over = rows.every((row) => hasExpired(row, nowUs));
  if (first.advice) add(item, "p", over ? "advice muted" : "advice", first.advice);
  const scopes = add(item, "ul", "scopes", "");
  for (const row of rows) {
    const line = add(scopes, "li", "", "");
    add(line, "span", "scope", row.scope);
    add(line, "span", "muted", `was ${f.level(row.value, row.names)} at ${f.time(row.ts_us, nowUs)}, ` +
      `on since ${f.time(row.since_us, nowUs)}${validity(row, nowUs)}`);
    chips(add(line, "span", "chips", ""), { ...row, stale_s: Infinity }, nowUs, words);
  }
  return item;
}

export function hasExpired(row, nowUs) {
  return row.expires_us !== null && row.expires_us <= nowUs;
}

function validity(row, nowUs) {
  if (!row.advice || row.expires_us === null) return "";
  const until = f.time(row.expires_us, nowUs);
  return hasExpired(row, nowUs) ? `, advice expired ${until}` : `, advice valid until ${until}`;
}

const HOURLY = ", 1\u00a0h"; // counts that are 0 when all is well
const CELLS = [
  ["Connection", (feed) => feed.source],
  ["State", (feed, nowUs) => (isStale(feed, nowUs) ? "silent" : feed.state)],
  ["Quality", (feed) => [feed.quality, ...feed.flags].join(", ")],
  ["Messages", (feed) => f.rate(feed.messages_per_s)],
  ["Data", (feed) => f.bytesRate(feed.bytes_per_s)],
  ["Lag p50", (feed) => f.ms(feed.lag_p50_ms)],
  ["Lag p99", (feed) => f.ms(feed.lag_p99_ms)],
  ["Clock offset", (feed) => f.ms(feed.clock_offset_ms)],
  ["Gaps" + HOURLY, (feed) => f.count(feed.gaps_1h)],
  ["Reconnects" + HOURLY, (feed) => f.count(feed.reconnects_1h)],
  ["Rejected" + HOURLY, (feed) => f.count(feed.rejected_1h)],
  ["Dropped" + HOURLY, (feed) => f.count(feed.overflow_frames_1h)],
  ["Queue", (feed) => f.count(feed.queue_frames)],
  ["Reported", (feed, nowUs) => `${f.span(age(feed, nowUs))} ago`],
];

export function feedRow(name) {
  const row = document.createElement("tr");
  row.dataset.name = name;
  row.setAttribute("role", "row"); // said again: on a phone the table is laid out as blocks
  for (const [label] of CELLS) {
    const cell = document.createElement(label === "Connection" ? "th" : "td");
    cell.setAttribute("role", label === "Connection" ? "rowheader" : "cell");
    cell.dataset.label = label;
    row.append(cell);
  }
  return row;
}

export function showFeed(row, feed, nowUs) {
  CELLS.forEach(([label, text], k) => {
    const cell = row.children[k];
    set(cell, text(feed, nowUs));
    if (label.endsWith(HOURLY)) cell.classList.toggle("some", cell.textContent !== "0");
  });
  row.dataset.state = isStale(feed, nowUs) ? "silent" : feed.state;
}
