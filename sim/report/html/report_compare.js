'use strict';
// Several reports side by side, and the start of the page.

function compareTable(parent) {
  const first = inputs[0].report;
  const rows = [
    ['accelerator', (r) => r.accelerator, (v) => v],
    ['workload', (r) => r.workload, (v) => v],
    ['cycles', (r) => r.totals.cycles, whole],
    ['time', (r) => seconds(r, r.totals.cycles), timeText],
    ['PE utilization', (r) => r.totals.utilization, percentText],
    ['MACs', (r) => r.totals.macs, countText],
    ['DRAM read', (r) => r.totals.dram_read_bytes, bytesText],
    ['DRAM written', (r) => r.totals.dram_write_bytes, bytesText],
    ['DRAM GB/s', (r) => r.totals.bandwidth.average_gb_per_s, figures],
    ['energy', (r) => inJoules(r) ? r.totals.energy_pj : null, energyText],
    ['energy, in those of one MAC', (r) => inJoules(r) ? null : r.totals.energy_pj, macsText],
    ['energy x delay, J s', (r) => r.totals.energy_delay_js, (v) => v.toExponential(2)],
    ['area', (r) => r.area ? r.area.total_um2 : null, areaText],
    ['accuracy', (r) => r.accuracy ? r.accuracy.accuracy : null, percentText],
    ['check', (r) => r.totals.check, (v) => v],
  ].filter(([, value]) => inputs.some(({report}) => value(report) !== null));
  const times = (value, report) => typeof value(first) === 'number' && value(first) > 0 && value(report) !== null
    ? value(report) / value(first) : null;
  const bracket = (ratio, report) => report === first || ratio === null ? '' : `  (${figures(ratio)} ×)`;
  // Figures of different units have one order: how far they are from the first report's.
  sortedTable(parent, [{name: 'figure', text: true, value: (row) => row[0]},
    // The remarks call the runs by their numbers.
    ...inputs.map(({label, report}, i) => ({name: `${i + 1}: ${label}`, value: (row) => times(row[1], report) ?? -1,
      show: ([, value, text]) => value(report) === null ? '–'
        : text(value(report)) + bracket(times(value, report), report)}))], rows, 'comparison');
  for (const remark of inputs[0].remarks || []) {
    parent.append(make('p', {class: 'note'}, remark));
  }
}

function comparison(parent) {
  tried(parent, () => compareTable(section(parent, 'Side by side',
    `In brackets: times that of ${inputs[0].label}. Click a heading to sort, a run's by these times.`)));
  const labels = inputs.map(({label}) => label);
  const pairs = make('div', {class: 'columns'});
  parent.append(pairs);
  const stack = (title, names, pick, show) => tried(pairs, () => stackedBars(
    section(pairs, title), title, labels,
    names.map((name) => ({name, values: inputs.map(({report}) => pick(report, name) || 0)})), '',
    show));
  stack('Cycles of the array by cause', Object.keys(KNOWN_COLORS),
    (report, name) => report.totals.ledger.array[name], countText);
  const first = inputs[0].report;  // energies of other units have no place on its axis
  stack('Energy by component', Object.keys(first.totals.energy_by_component_pj),
    (report, name) => inJoules(report) === inJoules(first) && report.totals.energy_by_component_pj[name],
    energyTextOf(first));
  tried(parent, () => roofline(section(parent, 'Rooflines',
    'One point a layer, its area the share of its run.'), inputs));
  tried(parent, () => layersBeside(parent));
  const names = [...new Set(inputs.flatMap(({report}) => timed(report).map((l) => l.name)))];
  const of = (report, name) => report.layers.find((layer) => layer.name === name);
  const box = section(parent, 'Cycles by layer, in numbers', 'Layers are matched by their names. Click a heading to sort.');
  sortedTable(box, [{name: 'layer', text: true, value: (name) => name},
    ...inputs.map(({label, report}) => ({name: label,
      value: (name) => of(report, name) ? of(report, name).cycles : -1,
      show: (name) => of(report, name) ? whole(of(report, name).cycles) : '–'}))],
  names, 'layers-beside');
}

function layersBeside(parent) {
  const names = [...new Set(inputs.flatMap(({report}) => timed(report).map((l) => l.name)))];
  const box = section(parent, 'Cycles by layer');
  chart(box, 100 + names.length * (8 + 14 * inputs.length), 'cycles by layer', () => ({
    type: 'bar',
    data: {labels: names, datasets: inputs.map(({label, report}, i) => ({label,
      backgroundColor: OTHER_COLORS[i % OTHER_COLORS.length],
      data: names.map((name) => {
        const layer = report.layers.find((l) => l.name === name);
        return layer ? layer.cycles : null;
      })}))},
    options: {indexAxis: 'y', scales: {
      x: axis('cycles', {ticks: {color: style('--soft'), maxRotation: 0, callback: (v) => shorter(countText(v))}}),
      y: nameAxis(names),
    }, plugins: {tooltip: {callbacks: {title: nameTitle}}}},
  }));
}

function start() {
  const one = inputs[0].report;
  const several = inputs.length > 1;
  pageHead(several ? `${inputs.length} runs side by side` : `${one.workload} on ${one.accelerator}`,
    several ? inputs.map(({label}) => label).join(' · ')
      : `${one.layers.length} layers, ${one.config.array.rows} × ${one.config.array.cols} PEs, ` +
        `${words(one.config.array.dataflow)}`);
  const main = make('main', {});
  document.body.append(main);
  if (several) {
    main.append(make('div', {style: 'height:16px'}));
    comparison(main);
    const choice = make('select', {'aria-label': 'report'},
      ...inputs.map(({label}, i) => make('option', {value: i}, label)));
    const box = make('div', {});
    const shared = charts.length;
    choice.onchange = () => {
      charts.splice(shared).forEach((entry) => entry.drawn.destroy());
      box.replaceChildren();
      showReport(box, inputs[choice.value].report);
    };
    main.append(make('h2', {}, 'One of them: ', choice), box);
    choice.onchange();
  } else {
    showReport(main, one);
  }
  document.body.append(make('footer', {}, `Systole ${one.systole}. Cycles of one core clock; ` +
    'KiB and MiB are powers of two; energy is operations counted, times published figures: ' +
    'read it as a comparison under one table. Charts: Chart.js, MIT licence.'));
  document.body.dataset.done = 'true';
}

start();
