'use strict';
// Numbers as people read them, colours, and the small pieces of page that every section uses.

const KNOWN_COLORS = {
  busy: '#2f7d4f', busy_partial: '#8cc49f', fill: '#3f8fb5', drain: '#a3cfe3',
  wait_weights: '#8e5bb5', wait_activations: '#c39bdb', wait_dram: '#d1495b', wait_bank: '#f0a35e',
  wait_accumulator: '#e9c46a', wait_requant: '#b5838d', wait_outstanding: '#e5787f',
  wait_station: '#a47148', wait_dependency: '#d9b08c', idle: '#b9bfc7',
  ifmap: '#2f7d4f', weight: '#8e5bb5', bias: '#e9c46a', requant: '#b5838d', ofmap: '#3f8fb5',
  over_fetch: '#b9bfc7', array: '#2f7d4f', scratchpad: '#3f8fb5', weight_scratchpad: '#8e5bb5',
  accumulators: '#e9c46a', requantization: '#b5838d', vector: '#f0a35e', dram: '#d1495b',
  static: '#b9bfc7', 'useful MACs': '#2f7d4f', 'PE unused while a fold is in the array': '#8cc49f',
  'no fold in the array': '#b9bfc7', array_multiply: '#2f7d4f', array_add: '#8cc49f', array_registers: '#5fa8a0',
};
const OTHER_COLORS = ['#1b6ca8', '#d98e04', '#2f7d4f', '#b3446c', '#6f5aa8', '#4f9da6', '#a47148', '#6b7480'];

function colorOf(name, index) {
  return KNOWN_COLORS[name] || OTHER_COLORS[index % OTHER_COLORS.length];
}
const words = (name) => String(name).replace(/_/g, ' ');
const whole = (n) => Math.round(n).toLocaleString('en-US');

/// The same digits as in the text report.
const decimals = (v) => v > 0 && v < 0.0995 ? v.toPrecision(2) : v.toFixed(2);
function scaled(value, steps, base) {
  if (value === null || value === undefined || !isFinite(value)) { return '–'; }
  let i = 0;
  while (value >= base - 0.5 && i + 1 < steps.length) { value /= base; ++i; }
  const text = i === 0 && Number.isInteger(value) ? String(value)
    : value < 9.995 ? decimals(value) : value.toFixed(value < 99.95 ? 1 : 0);
  return text + (steps[i] ? ' ' + steps[i] : '');
}
const bytesText = (n) => scaled(n, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024);
const energyText = (pj) => scaled(pj, ['pJ', 'nJ', 'µJ', 'mJ', 'J'], 1000);
const macsText = (macs) => scaled(macs, ['MAC', 'kMAC', 'MMAC', 'GMAC', 'TMAC'], 1000);
/// By a normalized table a report's pJ are energies of one MAC.
const inJoules = (report) => report.units.pj !== 'MAC';
const energyTextOf = (report) => inJoules(report) ? energyText : macsText;
const countText = (n) => scaled(n, ['', 'k', 'M', 'G', 'T'], 1000);
const timeText = (s) => scaled(s * 1e9, ['ns', 'µs', 'ms', 's'], 1000);
const percentText = (part) => part === 0 ? '0 %' : (100 * part).toFixed(part < 0.1 ? 2 : 1) + ' %';
/// The same on an axis: no zeros behind the point.
const shorter = (text) => text.replace(/(\.\d*?)0+(?=\s|$)/, '$1').replace(/\.(?=\s|$)/, '');
/// At most `room` characters, the middle left out: names of layers often differ at their ends.
function shortened(text, room) {
  const all = [...String(text)];
  const head = Math.ceil((room - 1) / 2);
  return all.length <= room ? all.join('') : `${all.slice(0, head).join('')}…${all.slice(all.length - (room - 1 - head)).join('')}`;
}
/// The whole text in lines, for a tooltip: what leaves the canvas is not seen.
const folded = (text) => String(text).match(/.{1,44}/gsu) || [''];
/// Three digits that count, of large numbers all before the point.
const figures = (v) => v < 999.5 ? v.toPrecision(3) : whole(v);
const areaText = (um2) => um2 >= 1e4 ? figures(um2 / 1e6) + ' mm²' : figures(um2) + ' µm²';

const seconds = (report, cycles) => cycles / (report.clock_mhz * 1e6);
const timed = (report) => report.layers.filter((layer) => layer.cycles > 0);
const dramBytes = (o) => o.dram_read_bytes + o.dram_write_bytes;

/// An element with attributes and children; strings become text, never markup.
function make(tag, attributes, ...children) {
  const svg = ['svg', 'rect', 'text', 'g', 'title'].includes(tag);
  const element = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag)
    : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === 'onclick' || key === 'onchange') { element[key] = value; }
    else { element.setAttribute(key, value); }
  }
  element.append(...children);
  return element;
}

function section(parent, title, note) {
  const element = make('section', {}, make('h2', {}, title));
  if (note) { element.append(make('p', {class: 'note'}, note)); }
  parent.append(element);
  return element;
}

/// A table whose heads sort it. A column: {name, text?: bool, value: row -> sortable,
/// show?: row -> text, whole?: row -> text that the pointer shows, style?: row -> CSS}.
function sortedTable(parent, columns, rows, id) {
  const body = make('tbody', {});
  const fill = (list) => body.replaceChildren(...list.map((row) => make('tr', {},
    ...columns.map((column) => {
      const cell = make('td', column.text ? {class: 'text'} : {},
        String(column.show ? column.show(row) : column.value(row)));
      if (column.style) { cell.style.cssText = column.style(row); }
      if (column.whole) { cell.title = column.whole(row); }
      return cell;
    }))));
  const heads = columns.map((column) => make('th', column.text ? {class: 'text'} : {}));
  columns.forEach((column, i) => heads[i].append(make('button', {type: 'button', onclick: () => {
    const upward = heads[i].getAttribute('aria-sort') !== (column.text ? 'ascending' : 'descending')
      ? Boolean(column.text) : !column.text;
    heads.forEach((head) => head.removeAttribute('aria-sort'));
    heads[i].setAttribute('aria-sort', upward ? 'ascending' : 'descending');
    const order = (a, b) => {
      const x = column.value(a), y = column.value(b);
      return typeof x === 'number' && typeof y === 'number' ? x - y
        : String(x).localeCompare(String(y), 'en', {numeric: true});
    };
    fill([...rows].sort((a, b) => upward ? order(a, b) : order(b, a)));
  }}, column.name)));
  fill(rows);
  parent.append(make('div', {class: 'scroll'},
    make('table', {id}, make('thead', {}, make('tr', {}, ...heads)), body)));
}

/// A section that cannot be drawn says so and leaves the others alone.
function tried(parent, draw) {
  try { draw(); } catch (error) {
    parent.append(make('p', {class: 'broken'}, `cannot be drawn: ${error.message}`));
    document.body.dataset.errors = Number(document.body.dataset.errors || 0) + 1;
    console.error(error);
  }
}

function tile(parent, value, name, more) {
  parent.append(make('div', {class: 'tile'}, make('b', {}, value), make('span', {}, name),
    ...(more ? [make('span', {}, more)] : [])));
}
