'use strict';
// The page: what a report says, section by section; and several reports side by side.

const inputs = JSON.parse(document.getElementById('systole-data').textContent);
const baseName = (file) => file.replace(/^.*\//, '').replace(/\.json$/, '');
inputs.forEach((input, i) => {
  const alone = inputs.every((o, j) => i === j || baseName(o.file) !== baseName(input.file));
  input.label = alone ? baseName(input.file) : input.file;
});

function tiles(parent, report) {
  const t = report.totals;
  const box = make('div', {class: 'tiles'});
  parent.append(box);
  tile(box, whole(t.cycles), 'cycles',
    `${timeText(seconds(report, t.cycles))} at ${report.clock_mhz} MHz`);
  tile(box, percentText(t.utilization), 'PE utilization', `${countText(t.macs)} MACs` +
    (t.off_array && t.off_array.macs ? `, ${percentText(t.off_array.macs_ratio)} off the array` : ''));
  const least = t.compulsory_read_bytes + t.compulsory_write_bytes;
  tile(box, bytesText(dramBytes(t)), 'DRAM traffic',
    least > 0 ? `${figures(dramBytes(t) / least)} × each operand once` : '');
  tile(box, `${figures(t.bandwidth.average_gb_per_s)} GB/s`, 'at the DRAM, on average',
    `peak ${figures(t.bandwidth.peak_gb_per_s)} GB/s`);
  const energy = energyTextOf(report);
  tile(box, energy(t.energy_pj), 'energy, ' + report.energy_table,
    `${energy(t.energy_low_pj)} to ${energy(t.energy_high_pj)}`);
  if (t.tops_per_watt !== null) {
    const hosts = report.layers.some((layer) => layer.where === 'host' && layer.macs > 0);
    tile(box, figures(t.tops_per_watt) + ' TOPS/W',
      `two operations a MAC${hosts ? ", without the host's" : ''}`,
      `${figures(t.energy_per_mac_pj)} pJ per MAC`);
  } else if (t.energy_per_mac_pj !== null) {
    tile(box, `${figures(t.energy_per_mac_pj)} MAC`, 'energy per MAC', '– TOPS/W');
  }
  if (report.area) {
    const bound = report.area.not_in_table.length ? 'at most ' : '';
    tile(box, areaText(report.area.total_um2), 'area',
      bound + `${figures(report.area.achieved_tops_per_mm2)} of ` +
      `${figures(report.area.peak_tops_per_mm2)} TOPS/mm²`);
  }
  if (report.accuracy) {
    tile(box, percentText(report.accuracy.accuracy), 'top-1 accuracy',
      `${whole(report.accuracy.correct)} of ${whole(report.accuracy.images)} images` +
      (report.accuracy.psum_overflows ? `, ${countText(report.accuracy.psum_overflows)} psum overflows` : ''));
  }
  tile(box, t.check, 'against the golden model', `${report.engine} engine`);
  box.lastChild.firstChild.className = t.check === 'pass' ? 'good' : t.check === 'fail' ? 'bad' : '';
}

function ledgerSection(parent, report) {
  const layers = timed(report);
  const units = Object.keys(report.totals.ledger);
  const causes = Object.keys(KNOWN_COLORS).filter((name) =>
    units.some((unit) => report.totals.ledger[unit][name]));
  const box = section(parent, 'Where the cycles went',
    'Each cycle of a unit has one cause; the causes of a layer add up to its cycles.');
  const controls = make('div', {class: 'controls'});
  const drawing = make('div', {});
  box.append(controls, drawing);
  let unit = 'array', shares = false, current = null;
  const draw = () => {
    if (current) {
      current.drawn.destroy();
      charts.splice(charts.indexOf(current), 1);
      drawing.replaceChildren();
    }
    const series = causes.map((name) => ({name, values: layers.map((layer) =>
      (layer.ledger[unit][name] || 0) / (shares ? layer.cycles : 1))}));
    current = stackedBars(drawing, `cycles of the ${words(unit)} unit by cause`,
      layers.map((layer) => layer.name), series, shares ? 'share of the layer' : 'cycles',
      shares ? (v) => percentText(v) : countText, shares ? 1 : undefined);
    [...controls.children].forEach((button) => button.setAttribute('aria-pressed',
      button.dataset.unit ? button.dataset.unit === unit : shares));
  };
  for (const name of units) {
    controls.append(make('button', {type: 'button', 'data-unit': name,
      onclick: () => { unit = name; draw(); }}, words(name)));
  }
  controls.append(make('button', {type: 'button',
    onclick: () => { shares = !shares; draw(); }}, 'in shares'));
  draw();
}

function utilizationSection(parent, report) {
  const layers = timed(report).filter((layer) => layer.macs > 0);
  const box = section(parent, 'PE utilization',
    'MACs of the layer over cycles × PEs, and the two ways to lose the rest.');
  const inArray = layers.map((layer) => layer.compute_cycles / layer.cycles);
  stackedBars(box, 'PE utilization by layer', layers.map((layer) => layer.name), [
    {name: 'useful MACs', values: layers.map((layer) => layer.utilization)},
    {name: 'PE unused while a fold is in the array', values: layers.map((layer, i) =>
      Math.max(0, inArray[i] - layer.utilization))},
    {name: 'no fold in the array', values: layers.map((layer, i) =>
      Math.max(0, 1 - Math.max(inArray[i], layer.utilization)))},
  ], '', (v) => percentText(v), 1);
}

function trafficSection(parent, report) {
  const layers = timed(report).filter((layer) => dramBytes(layer) > 0);
  const box = section(parent, 'DRAM traffic by operand',
    'Wanted bytes, and what whole bursts fetch beside them.');
  const operands = [...new Set(layers.flatMap((layer) => Object.keys(layer.bandwidth.operands)))];
  const series = operands.map((name) => ({name, values: layers.map((layer) => {
    const operand = layer.bandwidth.operands[name] || {};
    return operand.read_bytes || operand.written_bytes || 0;
  })}));
  series.push({name: 'over_fetch', values: layers.map((l) => l.bandwidth.over_fetch_bytes)});
  stackedBars(box, 'DRAM bytes by operand', layers.map((l) => l.name), series, '', bytesText);
}

function energySection(parent, report) {
  const layers = report.layers.filter((layer) => layer.energy_total_pj > 0);
  const box = section(parent, 'Energy by component',
    `Operations counted, times the figures of ${report.energy_table}.` +
    (report.energy_notes.length ? ` Mind: ${report.energy_notes.join('; ')}.` : ''));
  const names = Object.keys(report.totals.energy_by_component_pj);
  stackedBars(box, 'energy by component', layers.map((l) => l.name), names.map((name) =>
    ({name, values: layers.map((layer) => layer.energy_pj[name])})), '', energyTextOf(report));
}

/// Units by layers: how much of its cycles each one works.
function heatSection(parent, report) {
  const box = section(parent, 'How busy each unit is',
    'Share of the layer in which the unit works, full folds or partial. Click a heading to sort.');
  const units = Object.keys(report.totals.ledger);
  const busy = (row, unit) => {
    const causes = row.ledger[unit];
    return ((causes.busy || 0) + (causes.busy_partial || 0)) / row.cycles;
  };
  sortedTable(box, [{name: 'layer', text: true, value: (row) => row.name,
    show: (row) => shortened(row.name, 16), whole: (row) => row.name},
    ...units.map((unit) => ({name: words(unit), value: (row) => busy(row, unit),
      show: (row) => percentText(busy(row, unit)),
      style: (row) => `background:rgba(var(--heat),${(0.75 * busy(row, unit)).toFixed(3)})`}))],
  timed(report), 'units');
}

/// Rectangles of the given areas that fill x, y, width, height: the largest first, each along the
/// shorter side of what is left.
function treemap(parts, x, y, width, height) {
  const placed = [];
  let rest = parts.reduce((sum, part) => sum + part.area, 0);
  for (const part of parts) {
    const share = part.area / rest;
    const across = width >= height;
    const box = {x, y, width: across ? width * share : width, height: across ? height : height * share};
    placed.push({...part, ...box});
    if (across) { x += box.width; width -= box.width; } else { y += box.height; height -= box.height; }
    rest -= part.area;
  }
  return placed;
}

function floorSection(parent, report) {
  if (!report.area) { return; }
  const missing = report.area.not_in_table.length
    ? ` Without ${report.area.not_in_table.map(words).join(', ')}: the table does not know them.` : '';
  const box = section(parent, 'The accelerator, to scale',
    `Areas by ${report.energy_table}, ${areaText(report.area.total_um2)} in all; how the parts ` +
    `lie is not modelled.${missing}`);
  const parts = Object.entries(report.area.um2).map(([name, area]) => ({name, area}))
    .filter((part) => part.area > 0).sort((a, b) => b.area - a.area);
  const svg = make('svg', {viewBox: '0 0 600 380', role: 'img', 'data-drawn': 'true',
    'aria-label': 'area of each component', style: 'width:100%;height:auto'});
  for (const part of treemap(parts, 0, 0, 600, 380)) {
    const text = `${words(part.name)}, ${areaText(part.area)}, ` +
      percentText(part.area / report.area.total_um2);
    const group = make('g', {}, make('title', {}, text), make('rect', {x: part.x + 1, y: part.y + 1,
      width: Math.max(0, part.width - 2), height: Math.max(0, part.height - 2), rx: 3,
      fill: colorOf(part.name, 0), 'fill-opacity': 0.45, stroke: colorOf(part.name, 0)}));
    if (part.width > 60 && part.height > 38) {
      const room = Math.floor((part.width - 12) / 7.4), name = words(part.name);
      group.append(make('text', {x: part.x + 8, y: part.y + 18},
        name.length > room ? name.slice(0, room - 1) + '…' : name),
        make('text', {x: part.x + 8, y: part.y + 34, class: 'soft'}, areaText(part.area)));
    }
    svg.append(group);
  }
  box.append(svg);
}

function layersSection(parent, report) {
  const box = section(parent, 'Layers', 'Click a heading to sort.');
  const number = (name, value, show) => ({name, value, show: (row) => show(value(row))});
  sortedTable(box, [
    {name: 'layer', text: true, value: (l) => l.name},
    {name: 'operator', text: true, value: (l) => l.op},
    {name: 'where', text: true, value: (l) => l.where},
    {name: 'M × N × K', value: (l) => l.m * l.n * l.k,
      show: (l) => l.macs ? `${l.m} × ${l.n} × ${l.k}` : ''},
    number('MACs', (l) => l.macs, countText),
    number('cycles', (l) => l.cycles, whole),
    number('util.', (l) => l.utilization, percentText),
    number('DRAM read', (l) => l.dram_read_bytes, bytesText),
    number('DRAM written', (l) => l.dram_write_bytes, bytesText),
    number('B/cycle', (l) => l.bandwidth.average_bytes_per_cycle, decimals),
    number('energy', (l) => l.energy_total_pj, energyTextOf(report)),
    {name: 'highest roof', text: true, value: (l) => words(l.bandwidth.roofline.limit || '')},
    number('× roof', (l) => l.bandwidth.roofline.times_limit, (v) => v ? v.toFixed(2) : ''),
    {name: 'check', text: true, value: (l) => l.check,
      style: (l) => l.check === 'fail' ? 'color:var(--bad)' : ''},
  ], report.layers, 'layers');
}

function foldedSection(parent, title, value) {
  const box = make('section', {}, make('details', {}, make('summary', {}, title),
    make('pre', {}, JSON.stringify(value, null, 2))));
  parent.append(box);
}

function showReport(parent, report) {
  tried(parent, () => tiles(parent, report));
  tried(parent, () => ledgerSection(parent, report));
  const pairs = make('div', {class: 'columns'});
  parent.append(pairs);
  tried(pairs, () => roofline(section(pairs, 'Roofline',
    'One point a layer, its area the share of the cycles.'), [{report}]));
  tried(pairs, () => floorSection(pairs, report));
  tried(pairs, () => utilizationSection(pairs, report));
  tried(pairs, () => heatSection(pairs, report));
  tried(parent, () => bandwidthOverTime(section(parent, 'DRAM bandwidth over time',
    'Layers run one after another; stripes tell them apart.'), report));
  const more = make('div', {class: 'columns'});
  parent.append(more);
  tried(more, () => trafficSection(more, report));
  tried(more, () => energySection(more, report));
  tried(parent, () => layersSection(parent, report));
  tried(parent, () => {
    if (report.legalization.length) {
      foldedSection(parent, 'What the network was changed to', report.legalization);
    }
    foldedSection(parent, 'The accelerator, every key', report.config);
    foldedSection(parent, 'Events, all layers', report.totals.events);
  });
}
