// Chains: a card each, with its head, oracles, pools, what waits, and accounts near the edge.

import * as f from "./format.js";
import { age, chips, copy, isStale, set } from "./parts.js";

const quality = (part, nowUs) => [isStale(part, nowUs) ? `${f.span(age(part, nowUs))} old` : "",
  part.quality, ...part.flags].filter(Boolean).join(", ");
const pair = ({ asset, quote }) => `${asset}/${quote}`;
const due = ({ deviation_ratio: share }) => f.known(share) && share >= 1;
const unsafe = (health) => f.known(health) && health < 1;

// Columns of each table: name, text of a row, and whether it needs looking at. The first names the row.
const ORACLES = [
  ["Oracle", (row) => `${pair(row)} · ${row.provider}`],
  ["On chain", (row) => f.price(row.px)],
  ["Pending", (row) => f.price(row.pending_px)],
  ["Market", (row) => f.price(row.market_px)],
  ["Deviation", (row) => f.probability(row.deviation_ratio), due],
  ["P(update)", (row) => f.probability(row.next_block_probability)],
  ["Quality", quality],
];
const POOLS = [
  ["Pool", (row) => pair(row)],
  ["Protocol, fee", (row) => `${row.protocol}, ${f.bp(row.fee_bp)}`],
  ["Price", (row) => f.price(row.px)],
  ["After pending", (row) => f.price(row.pending_px)],
  ["Sell 100k USD", (row) => f.bp(row.sell_cost_bp_100k)],
  ["Quality", quality],
];
const WAITING = [
  ["Asset", (row) => row.asset],
  ["Net, USD", (row) => f.signedUsd(row.net_usd)],
  ["Liquidations", (row) => f.count(row.liquidations), (row) => row.liquidations > 0],
  ["Repaying, USD", (row) => f.usd(row.liquidation_usd)],
  ["Quality", quality],
];
const LENDING = [
  ["Account", (row) => row.name],
  ["Now", (row) => row.texts[0], (row) => row.marks[0]],
  ["At pending", (row) => row.texts[1], (row) => row.marks[1]],
  ["At market", (row) => row.texts[2], (row) => row.marks[2]],
  ["Collateral, USD", (row) => row.collateral],
  ["Debt, USD", (row) => row.debt],
  ["Quality", (row) => row.quality],
];

// A message's news of a chain, laid over what is known of it.
export function takeChain(seen, { pools, oracles, ...rest }) {
  const known = seen ?? { pools: {}, oracles: {}, mempool: [], lending: {} };
  Object.assign(known.pools, pools);
  Object.assign(known.oracles, oracles);
  return Object.assign(known, rest);
}

export function newChain(name) {
  const card = copy("chain").querySelector("article");
  card.dataset.name = name;
  set(card.querySelector("h3"), name);
  for (const [part, columns] of [["oracles", ORACLES], ["pools", POOLS], ["waiting", WAITING]]) {
    card.querySelector(`.${part}`).append(newTable(columns, `${name}: ${part}`));
  }
  return card;
}

export function showChain(card, seen, flagWords, nowUs) {
  const find = (selector) => card.querySelector(selector);
  const { gas } = seen;
  const block = gas && { ...gas, ts_us: gas.block_us }; // a node may lag while it speaks
  chips(find(".chips"), block, nowUs, flagWords);
  card.classList.toggle("stale", isStale(block, nowUs));
  set(find(".block"), f.count(gas?.block));
  set(find(".age"), block ? f.span(age(block, nowUs)) : f.NONE);
  set(find(".fee"), f.gwei(gas?.base_fee_gwei));
  set(find(".next-fee"), f.gwei(gas?.next_base_fee_gwei));
  set(find(".congestion"), f.score(gas?.congestion));
  set(find(".transactions"), f.count(gas?.waiting));

  const sorted = (rows) => Object.entries(rows).sort(([a, one], [b, other]) =>
    (pair(one) + a < pair(other) + b ? -1 : 1));
  fill(find(".oracles"), ORACLES, sorted(seen.oracles), nowUs);
  fill(find(".pools"), POOLS, sorted(seen.pools), nowUs);
  const waiting = seen.mempool.toSorted((a, b) => (a.asset < b.asset ? -1 : 1));
  fill(find(".waiting"), WAITING, waiting.map((row) => [row.asset, row]), nowUs);
  showLending(find(".lending"), card.dataset.name, seen.lending, nowUs);
}

function showLending(box, chain, markets, nowUs) {
  const names = Object.keys(markets).sort();
  const parts = new Map([...box.querySelectorAll(".market")].map((part) => [part.dataset.name, part]));
  for (const [name, part] of parts) if (!(name in markets)) part.remove();
  for (const name of names) {
    const part = parts.get(name) ?? copy("lending").querySelector(".market");
    if (!parts.has(name)) {
      part.dataset.name = name;
      part.append(newTable(LENDING, `${chain}: accounts of ${name} near the edge`));
    }
    const market = markets[name];
    const old = isStale(market, nowUs) ? `, ${f.span(age(market, nowUs))} old` : "";
    const accounts = `${f.count(market.accounts)}${market.full ? " or more" : ""}`;
    set(part.querySelector("h4"), `${name}: ${accounts} near the edge${old}`);
    fill(part, LENDING, accountRows(market), nowUs);
    box.append(part); // in the order of names
  }
  box.querySelector(".nothing").hidden = names.length > 0;
}

// The market as a whole first, then its worst accounts.
function accountRows(market) {
  const bases = [market.now, market.pending, market.market];
  const none = { collateral: "", debt: "", quality: "" };
  const whole = [
    ["worst", { ...none, name: "Worst health", texts: bases.map(({ worst }) => f.health(worst)),
      marks: bases.map(({ worst }) => unsafe(worst)) }],
    ["below", { ...none, name: "Below 1",
      texts: bases.map(({ below, known }) => (known ? `${f.count(below)} of ${f.count(known)}` : f.NONE)),
      marks: bases.map(({ below }) => below > 0) }],
  ];
  return whole.concat(market.worst.map((row) => {
    const healths = [row.health, row.health_pending, row.health_market];
    return [row.account, { name: f.shortened(row.account), texts: healths.map(f.health), marks: healths.map(unsafe),
      collateral: f.usd(row.collateral_usd), debt: f.usd(row.debt_usd),
      quality: [row.quality, ...row.flags].join(", ") }];
  }));
}

function newTable(columns, label) {
  const table = document.createElement("table");
  table.setAttribute("role", "table"); // said again: on a phone tables are laid out as blocks
  table.setAttribute("aria-label", label);
  const head = table.createTHead().insertRow();
  for (const [name] of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  table.createTBody().setAttribute("role", "rowgroup");
  return table;
}

function newRow(columns, key) {
  const row = document.createElement("tr");
  row.dataset.key = key;
  row.setAttribute("role", "row");
  columns.forEach(([name], k) => {
    const cell = document.createElement(k ? "td" : "th");
    cell.setAttribute("role", k ? "cell" : "rowheader");
    if (k) cell.dataset.label = name;
    row.append(cell);
  });
  return row;
}

// Rows [[key, row], …] in their order. Nodes stay while their keys do: one may be marking them.
function fill(box, columns, entries, nowUs) {
  const table = box.querySelector("table");
  const [body] = table.tBodies;
  const before = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const rows = entries.map(([key]) => before.get(key) ?? newRow(columns, key));
  if (rows.length !== body.rows.length || rows.some((row, k) => row !== body.rows[k])) {
    body.replaceChildren(...rows);
  }
  entries.forEach(([, row], n) => columns.forEach(([, text, marked], k) => {
    const cell = rows[n].children[k];
    set(cell, text(row, nowUs));
    cell.classList.toggle("some", Boolean(marked?.(row)));
  }));
  table.hidden = !entries.length;
  const nothing = box.querySelector(".nothing");
  if (nothing) nothing.hidden = entries.length > 0;
}
