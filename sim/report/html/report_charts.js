'use strict';
// The charts, drawn by Chart.js.

const charts = [];  // those on the page, to be drawn anew in other colours
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function axis(title, more) {
  return Object.assign({
    title: {display: Boolean(title), text: title, color: style('--soft')},
    ticks: {color: style('--soft')}, grid: {color: style('--line'), borderColor: style('--line')},
  }, more);
}

/// Of a canvas, in lines of the screen: Firefox shows none of more, Chromium none of twice as many.
const MOST_LINES = 32767;

/// A canvas with the chart of `config`, a function, so that another theme can draw it again. Where
/// `height` would be more than a browser shows, also zoomed in to 200 %, its bars are thinner.
function chart(parent, height, label, config) {
  const canvas = make('canvas', {role: 'img', 'aria-label': label});
  const shown = Math.min(height, MOST_LINES / Math.max(2, devicePixelRatio));
  const box = make('div', {class: 'chart', style: `height:${shown}px`}, canvas);
  parent.append(box);
  const entry = {drawn: null, box};
  entry.draw = () => {
    if (entry.drawn) { entry.drawn.destroy(); }
    const settings = config();
    settings.options = Object.assign({responsive: true, maintainAspectRatio: false,
      animation: false}, settings.options);
    settings.options.plugins = Object.assign({legend: {position: 'top', align: 'start',
      labels: {color: style('--ink'), boxWidth: 12, boxHeight: 12}}}, settings.options.plugins);
    entry.drawn = new Chart(canvas, settings);
    canvas.dataset.drawn = 'true';
  };
  entry.draw();
  charts.push(entry);
  return entry;
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  charts.forEach((entry) => entry.draw());
}

/// The head of a page, and its theme: the reader's, until the button says otherwise.
function pageHead(title, text) {
  const preferred = matchMedia('(prefers-color-scheme: dark)');
  setTheme(preferred.matches ? 'dark' : 'light');
  preferred.onchange = () => setTheme(preferred.matches ? 'dark' : 'light');
  document.body.append(make('header', {}, make('h1', {}, title), make('p', {}, text),
    make('button', {type: 'button', onclick: () =>
      setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark')},
    'light / dark')));
}

/// An axis of names, shortened to what leaves most of the chart to its bars. Bars that are thinner
/// than their names share them.
const nameAxis = (names, more) => axis('', {grid: {display: false}, ...more, ticks: {color: style('--ink'),
  callback(i) { return shortened(names[i], Math.max(10, Math.min(40, Math.floor(this.chart.width / 22)))); }}});
const nameTitle = (items) => items.length ? folded(items[0].label) : '';

const barsHeight = (rows) => 96 + Math.max(3, rows) * 24;

/// Horizontal bars, stacked: `series` is [{name, values}], those of zeros are left out.
function stackedBars(parent, label, rows, series, unit, show, limit) {
  const used = series.filter((s) => s.values.some((v) => v > 0));
  const most = Math.max(...rows.map((_, i) => used.reduce((sum, s) => sum + s.values[i], 0)), 0);
  const binary = show === bytesText && most > 8
    ? {stepSize: 2 ** Math.ceil(Math.log2(most / 6))} : {};
  return chart(parent, barsHeight(rows.length), label, () => ({
    type: 'bar',
    data: {labels: rows, datasets: used.map((s, i) => ({label: words(s.name), data: s.values,
      backgroundColor: colorOf(s.name, i), barPercentage: 0.92, categoryPercentage: 0.86}))},
    options: {
      indexAxis: 'y',
      interaction: {mode: 'index', axis: 'y', intersect: false},
      scales: {
        x: axis(unit, {stacked: true, max: limit,
          ticks: {color: style('--soft'), maxRotation: 0, ...binary,
            callback: (v) => shorter(show(v))}}),
        y: nameAxis(rows, {stacked: true}),
      },
      plugins: {tooltip: {filter: (item) => item.raw > 0, callbacks: {
        title: nameTitle, label: (item) => `${item.dataset.label}: ${show(item.raw)}`,
        footer: (items) => 'sum: ' + show(items.reduce((sum, item) => sum + item.raw, 0))}}},
    },
  }));
}

/// MACs a cycle over MACs per byte. The x of a layer is so that the slope is the DRAM's roof:
/// a byte counts as a cycle of the busiest of reads, writes and banks gives it.
function roofline(parent, reports) {
  // What the banks give in whole accesses comes no faster than the bus takes it.
  const machine = (report) => {
    const {rows, cols} = report.config.array;
    const products = Math.max(1, ...report.layers.map((layer) => layer.products_per_pe));
    const banked = report.layers.map(({bandwidth}) => ({bytes: bandwidth.banks && bandwidth.banks.device_bytes,
      cycles: bandwidth.roofline.roof_cycles.dram_banks})).find(({bytes, cycles}) => bytes && cycles);
    return {peak: rows * cols * products,
      rate: Math.min(report.config.dram.bytes_per_cycle, banked ? banked.bytes / banked.cycles : Infinity)};
  };
  const points = (report) => timed(report).filter((layer) => layer.macs > 0).map((layer) => {
    const roofs = layer.bandwidth.roofline.roof_cycles;
    const dram = Math.max(roofs.dram_read || 0, roofs.dram_write || 0, roofs.dram_banks || 0);
    return {x: layer.macs / (Math.max(dram, 1e-9) * machine(report).rate),
      y: layer.macs / layer.cycles, layer};
  });
  chart(parent, 380, 'roofline', () => {
    const all = reports.map((r) => points(r.report));
    const xs = all.flat().map((p) => p.x);
    const ridges = reports.map((r) => machine(r.report).peak / machine(r.report).rate);
    const low = Math.min(...xs, ...ridges) / 4, high = Math.max(...xs, ...ridges) * 4;
    const datasets = [];
    reports.forEach((r, i) => {
      const {peak, rate} = machine(r.report);
      const color = OTHER_COLORS[i % OTHER_COLORS.length];
      datasets.push({label: reports.length > 1 ? r.label : 'layers', data: all[i],
        type: 'scatter', backgroundColor: color + 'b0', borderColor: color,
        pointRadius: all[i].map((p) =>
          4 + 12 * Math.sqrt(p.layer.cycles / r.report.totals.cycles)), pointHoverRadius: 10});
      datasets.push({label: `roof: ${peak} MACs/cycle, ${shorter(figures(rate))} B/cycle`, type: 'line', order: 9,
        data: [{x: low, y: low * rate}, {x: peak / rate, y: peak}, {x: high, y: peak}],
        borderColor: reports.length > 1 ? color : style('--soft'), borderWidth: 1.5,
        borderDash: [6, 4], pointRadius: 0, pointHitRadius: 0});
    });
    return {data: {datasets}, type: 'scatter', options: {
      scales: {
        x: axis('MACs per DRAM byte of the busier direction' +
          (reports.some(({report}) => report.config.dram.model === 'banked')
            ? ' (of the banks, where they take longer)' : ''), {type: 'logarithmic', min: low,
          max: high, ticks: {color: style('--soft'), maxRotation: 0, callback: decades}}),
        y: axis('MACs per cycle', {type: 'logarithmic',
          ticks: {color: style('--soft'), callback: decades}}),
      },
      plugins: {tooltip: {filter: (item) => Boolean(item.raw.layer), callbacks: {
        label: ({raw}) => [...folded(raw.layer.name), `${figures(raw.y)} MACs/cycle, ` +
          `${whole(raw.layer.cycles)} cycles, highest roof ` +
          `${words(raw.layer.bandwidth.roofline.limit)}, ` +
          `${figures(raw.layer.bandwidth.roofline.times_limit)} × it`]}}},
    }};
  });
}
const decades = (v) => Math.abs(Math.log10(v) % 1) < 1e-9 ? shorter(countText(v)) : '';

/// Bytes a cycle at the DRAM, over the cycles of one inference; stripes are layers.
function bandwidthOverTime(parent, report) {
  const read = [], written = [], starts = [];
  let start = 0;
  for (const layer of timed(report)) {
    const series = layer.bandwidth.over_time;
    starts.push({start, end: start + layer.cycles, name: layer.name});
    if (series) {
      series.read_bytes.forEach((bytes, i) => {
        const first = i * series.window_cycles;
        const cycles = Math.max(1, Math.min(series.window_cycles, layer.cycles - first));
        for (const x of [start + first, start + first + cycles]) {
          read.push({x, y: bytes / cycles});
          written.push({x, y: (bytes + series.written_bytes[i]) / cycles,
            own: series.written_bytes[i] / cycles});
        }
      });
    }
    start += layer.cycles;
    read.push({x: start, y: 0});
    written.push({x: start, y: 0, own: 0});
  }
  const stripes = {id: 'layers', beforeDatasetsDraw: ({ctx, scales: {x}, chartArea: area}) => {
    starts.forEach((layer, i) => {
      const left = x.getPixelForValue(layer.start), right = x.getPixelForValue(layer.end);
      ctx.save();
      ctx.fillStyle = style('--soft');
      ctx.globalAlpha = i % 2 ? 0.10 : 0;
      ctx.fillRect(left, area.top, right - left, area.bottom - area.top);
      ctx.globalAlpha = 1;
      ctx.font = '11px system-ui, sans-serif';
      ctx.textAlign = 'center';
      if (ctx.measureText(layer.name).width + 6 < right - left) {
        ctx.fillText(layer.name, (left + right) / 2, area.top + 12);
      }
      ctx.restore();
    });
  }};
  chart(parent, 300, 'DRAM bandwidth over time', () => ({
    type: 'line', plugins: [stripes],
    data: {datasets: [
      {label: 'read', data: read, borderColor: '#2f7d4f', backgroundColor: '#2f7d4f90',
        fill: 'origin', pointRadius: 0, borderWidth: 1},
      {label: 'written, on top', data: written, borderColor: '#3f8fb5',
        backgroundColor: '#3f8fb580', fill: '-1', pointRadius: 0, borderWidth: 1},
    ]},
    options: {
      parsing: false, normalized: true,
      interaction: {mode: 'nearest', axis: 'x', intersect: false},
      scales: {
        x: axis('cycle', {type: 'linear', min: 0, max: start,
          ticks: {color: style('--soft'), maxRotation: 0,
            callback: (v) => shorter(countText(v))}}),
        y: axis('bytes per cycle', {min: 0, grace: '12%'}),
      },
      plugins: {tooltip: {callbacks: {
        title: (items) => items.length ? 'cycle ' + whole(items[0].raw.x) : '',
        label: ({dataset, raw}) => `${dataset.label.split(',')[0]}: ` +
          `${figures(raw.own === undefined ? raw.y : raw.own)} B/cycle, ` +
          `${figures((raw.own === undefined ? raw.y : raw.own) * report.clock_mhz / 1000)} GB/s`}}},
    },
  }));
}
