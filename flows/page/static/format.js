// Numbers as text: sensible digits, units, and "–" for what is not known (never 0).

export const NONE = "–";
const GAP = "\u00a0"; // a number and its unit stay on one line

const formats = new Map();

export function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function fixed(value, digits) {
  let format = formats.get(digits);
  if (!format) {
    format = new Intl.NumberFormat("en-US", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formats.set(digits, format);
  }
  return format.format(value === 0 ? 0 : value).replace("-", "−");
}

// Three digits that mean something, whole numbers from 100 on.
function short(value, digits = 3) {
  const size = Math.abs(value);
  if (size > 0 && size < 1e-6) return value.toExponential(digits - 1).replaceAll("-", "−");
  const lead = size ? Math.floor(Math.log10(Number(size.toPrecision(digits)))) : digits - 1;
  return fixed(value, Math.max(0, digits - 1 - lead));
}

// In the venue's decimals, and one more where the number needs it (a mid between two ticks).
// Some venues write eight of them whatever the tick is: no more than the number needs, at least two.
export function price(value, decimals) {
  if (!known(value)) return NONE;
  if (!Number.isInteger(decimals)) return short(value, 7);
  const ticks = value * 10 ** decimals;
  const all = Math.abs(ticks - Math.round(ticks)) > 0.01 ? decimals + 1 : decimals;
  const padded = value.toFixed(all).match(/0*$/)[0].length;
  return fixed(value, decimals < 6 ? all : Math.max(2, all - padded));
}

export function bp(value) {
  return known(value) ? short(value) + GAP + "bp" : NONE;
}

// Annual volatility; 1.0 is 100 %.
export function yearly(vol) {
  return known(vol) ? short(vol * 100) + GAP + "%" + GAP + "p.a." : NONE;
}

export function signedPercent(share) {
  if (!known(share)) return NONE;
  const text = fixed(share * 100, 2);
  return (text.startsWith("−") || share === 0 ? text : "+" + text) + GAP + "%";
}

export function probability(p) {
  if (!known(p)) return NONE;
  if (p > 0 && p < 0.005) return "<1" + GAP + "%";
  if (p < 1 && p > 0.995) return ">99" + GAP + "%";
  return fixed(p * 100, 0) + GAP + "%";
}

const SIZES = [[1e9, "B"], [1e6, "M"], [1e3, "k"]];

export function usd(value, digits = 3) {
  if (!known(value)) return NONE;
  const size = Math.abs(value);
  const [unit, letter] = SIZES.find(([least]) => size >= least * 0.9995) ?? [1, ""];
  return short(value / unit, digits) + letter;
}

// With its sign: what is bought minus what is sold.
export function signedUsd(value) {
  return known(value) && value > 0 ? "+" + usd(value) : usd(value).replace("-", "−");
}

export function gwei(value) {
  return known(value) ? short(value) + GAP + "gwei" : NONE;
}

// From 0 to 1, where neither end is a percentage of something.
export function score(value) {
  return known(value) ? fixed(value, 2) : NONE;
}

// Rounded down: what is below 1 is not shown as 1.
export function health(value) {
  return known(value) ? fixed(Math.floor(value * 1000 + 1e-6) / 1000, 3) : NONE;
}

// An address by its ends: 0x021d…853e.
export function shortened(address) {
  return address.length > 13 ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}

// A number in whatever unit its column has; by name where it is one of a list.
export function level(value, names) {
  if (!known(value)) return NONE;
  if (names) return names[value] ?? String(value);
  return Math.abs(value) >= 1e6 ? usd(value) : short(value, 4).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

export function ms(value) {
  if (!known(value)) return NONE;
  const size = Math.abs(value);
  if (size >= 10_000) return short(value / 1000) + GAP + "s";
  return fixed(value, size < 10 ? 1 : 0) + GAP + "ms";
}

export function rate(value) {
  return known(value) ? (value >= 10 ? fixed(value, 0) : fixed(value, 1)) + GAP + "/s" : NONE;
}

export function bytesRate(value) {
  if (!known(value)) return NONE;
  return value < 1e6 ? short(value / 1e3) + GAP + "kB/s" : short(value / 1e6) + GAP + "MB/s";
}

export function count(value) {
  return known(value) ? fixed(value, 0) : NONE;
}

// How long: 0.4 s, 14 s, 3 min 4 s, 2 h 5 min, 5 d 3 h.
export function span(seconds) {
  if (!known(seconds)) return NONE;
  const s = Math.max(0, seconds);
  if (s < 9.95) return fixed(s, 1) + GAP + "s";
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const whole = Math.round(s);
  const first = parts.findIndex(([size]) => whole >= size);
  const [size, unit] = parts[first];
  const text = fixed(Math.floor(whole / size), 0) + GAP + unit;
  const [next, nextUnit] = parts[first + 1] ?? [0, ""];
  const rest = next ? Math.floor((whole % size) / next) : 0;
  return rest ? text + GAP + rest + GAP + nextUnit : text;
}

// 12:05:59, with the date when it is not the day of `nowUs`. Always UTC.
export function time(us, nowUs) {
  if (!known(us)) return NONE;
  const text = new Date(us / 1000).toISOString();
  const same = known(nowUs) && text.slice(0, 10) === new Date(nowUs / 1000).toISOString().slice(0, 10);
  return same ? text.slice(11, 19) : text.slice(0, 10) + " " + text.slice(11, 19);
}
