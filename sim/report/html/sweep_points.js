'use strict';
// The points of a sweep: their columns, and which of them are shown.

const sweep = JSON.parse(document.getElementById('systole-data').textContent);

/// How a value of a metric reads.
const UNIT_TEXTS = {
  byte: bytesText, pJ: energyText, s: timeText, cycle: countText, MAC: macsText, 1: percentText,
};
const plainText = (v) => v === 0 || (Math.abs(v) >= 0.01 && Math.abs(v) < 1e5)
  ? shorter(Number(v.toPrecision(4)).toString()) : v.toExponential(2);

const levelOrder = (a, b) => typeof a === 'number' ? a - b
  : String(a).localeCompare(String(b), 'en', {numeric: true});

/// Words in the little room beside an axis: of files the names alone, where these differ.
function briefs(levels) {
  const names = levels.map((level) => String(level).replace(/^.*[/\\](?=.)/, '').replace(/(?<=.)\.[a-z]+$/i, ''));
  return new Set(names).size === levels.length ? names : levels.map(String);
}

/// What the axes set, then the metrics. `place` puts words on a line of numbers.
const columns = sweep.columns.map((column, index) => {
  const raw = sweep.rows.map((row) => row[index]);
  const number = column.metric ||
    raw.every((value) => String(value).trim() !== '' && isFinite(Number(value)));
  const values = number ? raw.map((value) => value === null ? null : Number(value)) : raw;
  const levels = column.metric ? [] : [...new Set(values)].sort(levelOrder);
  const rank = new Map(levels.map((level, i) => [level, i]));
  const brief = briefs(levels);
  const known = number ? values.filter((value) => value !== null) : [];
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const show = column.metric ? UNIT_TEXTS[column.unit] || plainText : String;
  return {...column, index, number, values, levels, low, high,
    show: (value) => value === null || value === undefined ? '–' : show(value),
    brief: (place, room) => shortened(brief[place], room),
    label: column.metric ? words(column.name.replace(/_(pj|js|s)$/, '')) : column.name,
    place: (point) => number ? values[point] : rank.get(values[point]),
    span: number ? [low, high] : [0, levels.length - 1],
    wide: number && low > 0 && high / low >= 8};
});
const keys = columns.filter((column) => !column.metric);
const varied = keys.filter((key) => key.levels.length > 1);
const metrics = columns.filter((column) => column.metric && column.low <= column.high);
const columnNamed = (name) => columns.find((column) => column.name === name);
const failed = (point) => sweep.errors[point] !== undefined;
const onFront = new Set(sweep.front);
const everyPoint = sweep.rows.map((_, point) => point);

/// Filters by column: {levels: Set} or {low, high}; a column without one lets all pass.
const filters = new Map();
const watchers = [];
let frontAlone = false;
let shown = [];

function passes(point) {
  if (failed(point) || (frontAlone && !onFront.has(point))) { return false; }
  for (const [column, filter] of filters) {
    const value = column.values[point];
    if (filter.levels ? !filter.levels.has(value)
      : value === null || value < filter.low || value > filter.high) { return false; }
  }
  return true;
}

/// Draws everything that depends on the filters, once for many changes in a row.
let pending = 0;
function filterChanged() {
  clearTimeout(pending);
  pending = setTimeout(applyFilters, 20);
}
function applyFilters() {
  shown = everyPoint.filter(passes);
  watchers.forEach((draw) => draw());
}

/// Those of `points` that no other beats in both columns, by growing x.
function frontOf(points, x, y) {
  const cost = (column, point) => column.more_is_better ? -column.values[point] : column.values[point];
  const sorted = points.filter((p) => x.values[p] !== null && y.values[p] !== null)
    .sort((a, b) => cost(x, a) - cost(x, b) || cost(y, a) - cost(y, b));
  const front = [];
  let best = Infinity;
  for (const point of sorted) {
    if (cost(y, point) < best) { best = cost(y, point); front.push(point); }
  }
  return front.sort((a, b) => x.values[a] - x.values[b]);
}

function bestOf(column, points) {
  let best;
  for (const point of points) {
    const value = column.values[point];
    if (value !== null && (best === undefined ||
      (column.more_is_better ? value > column.values[best] : value < column.values[best]))) {
      best = point;
    }
  }
  return best;
}

const pointText = (point) => varied.map((key) => `${key.name} ${key.show(key.values[point])}`);
