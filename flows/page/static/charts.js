// Two small charts in SVG: the line of prices and the depth of a book. Drawn anew when data change.

import { known, usd } from "./format.js";

const SVG = "http://www.w3.org/2000/svg";

function add(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

const round = (value) => Math.round(value * 100) / 100;

// Points [[x, y | null], …] as an SVG path with holes where y is null.
function path(points) {
  let text = "";
  let pen = false;
  for (const [x, y] of points) {
    if (y === null) {
      pen = false;
      continue;
    }
    text += `${pen ? "L" : "M"}${round(x)} ${round(y)}`;
    pen = true;
  }
  return text;
}

// Prices [[time µs, price | null], …] over the last `spanS` seconds before the newest.
export function sparkline(svg, prices, spanS) {
  const [width, height, edge] = [160, 44, 3];
  svg.replaceChildren();
  const values = prices.map(([, px]) => px).filter(known);
  if (values.length < 2) return;
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const end = prices[prices.length - 1][0];
  const points = prices.map(([at, px]) => [
    width - ((end - at) / (spanS * 1e6)) * width,
    known(px) ? height - edge - (range ? (px - low) / range : 0.5) * (height - 2 * edge) : null,
  ]);
  add(svg, "path", { d: path(points), class: "line" });
}

const PLOT = { left: 4, right: 356, top: 15, bottom: 112, middle: 180 };
const TENS = [10, 100, 1000];

// Cumulative USD by distance from mid: bids to the left, asks to the right, both axes logarithmic.
export function depth(svg, curve, curveBp) {
  svg.replaceChildren();
  const sides = [["bid", curve.bid_usd, -1], ["ask", curve.ask_usd, 1]];
  const amounts = [...curve.bid_usd, ...curve.ask_usd].filter((value) => known(value) && value > 0);
  if (!amounts.length) return;
  const low = Math.floor(Math.log10(Math.min(...amounts)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...amounts))));
  const half = (PLOT.right - PLOT.left) / 2 - 6;
  const furthest = Math.log10(curveBp[curveBp.length - 1]);
  const x = (distance, way) => PLOT.middle + way * (6 + (Math.log10(distance) / furthest) * half);
  const y = (amount) => {
    const share = amount > 0 ? Math.max(0, (Math.log10(amount) - low) / (high - low)) : 0;
    return PLOT.bottom - share * (PLOT.bottom - PLOT.top);
  };
  const step = Math.ceil((high - low) / 6); // at most six lines, the highest among them
  for (let ten = high; ten > low; ten -= step) {
    const at = y(10 ** ten);
    add(svg, "line", { x1: PLOT.left, x2: PLOT.right, y1: at, y2: at, class: "grid" });
  }
  for (const distance of TENS) {
    for (const way of [-1, 1]) {
      const at = x(distance, way);
      add(svg, "line", { x1: at, x2: at, y1: PLOT.top, y2: PLOT.bottom, class: "grid" });
      add(svg, "text", { x: at, y: PLOT.bottom + 13, class: "tick" }, distance.toLocaleString("en-US"));
    }
  }
  add(svg, "text", { x: PLOT.middle, y: PLOT.bottom + 13, class: "tick" }, "bp from mid");
  for (const [name, usdBy, way] of sides) {
    const points = usdBy
      .map((amount, k) => [curveBp[k], amount])
      .filter(([, amount]) => known(amount));
    if (!points.length) continue;
    const sure = points.filter(([distance]) => distance <= curve.complete_bp);
    const rest = points.slice(Math.max(0, sure.length - 1));
    const drawn = (part) => part.map(([distance, amount]) => [x(distance, way), y(amount)]);
    const floor = (part) => {
      const line = drawn(part);
      const [[first], [last]] = [line[0], line[line.length - 1]];
      return `${path(line)}L${round(last)} ${PLOT.bottom}L${round(first)} ${PLOT.bottom}Z`;
    };
    add(svg, "path", { d: floor(points), class: `fill ${name}` });
    add(svg, "path", { d: path(drawn(sure)), class: `edge ${name}` });
    add(svg, "path", { d: path(drawn(rest)), class: `edge ${name} partial` });
    add(svg, "text", { x: way < 0 ? PLOT.middle - 14 : PLOT.middle + 14, y: PLOT.bottom - 5,
      class: `side ${name}` }, `${name}s`);
  }
  for (let ten = high; ten > low; ten -= step) {
    const unit = ten === high ? " USD" : "";
    add(svg, "text", { x: PLOT.left + 2, y: y(10 ** ten) - 2, class: "amount" }, usd(10 ** ten, 1) + unit);
  }
}
