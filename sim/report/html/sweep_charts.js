'use strict';
// The charts of a sweep. Thousands of points are drawn in one colour for each group.

const FRONT_COLOR = '#d1495b';
const MANY = 1500;

function picker(label, list, chosen, change) {
  const select = make('select', {'aria-label': label, onchange: () => change(list[select.value])},
    ...list.map((column, i) => make('option', {value: i}, column ? column.label : 'one colour')));
  select.value = Math.max(0, list.indexOf(chosen));
  return make('label', {}, label + ' ', select);
}

function pressed(text, state, change) {
  const button = make('button', {type: 'button', 'aria-pressed': state, onclick: () => {
    state = !state;
    button.setAttribute('aria-pressed', state);
    change(state);
  }}, text);
  return button;
}

const magnitude = (v) => Math.floor(Math.log10(Math.abs(v)) + 1e-9);
const mantissa = (v) => v / 10 ** magnitude(v);

/// As its column shows it, or, where that is not exact enough to tell it from what is `apart` from
/// it, in the column's own unit.
function told(column, value, apart) {
  const isRound = Math.abs(mantissa(apart) - Math.round(mantissa(apart))) < 1e-3;
  const digits = magnitude(value) - magnitude(apart) + (isRound ? 1 : 2);
  if (!column.metric || value === 0 || !(apart > 0) || digits <= 3) { return column.show(value); }
  const plain = (v) => v.toLocaleString('en-US',
    {maximumFractionDigits: Math.min(20, Math.max(0, digits - 1 - magnitude(v)))});
  return column.unit === '1' ? plain(100 * value) + ' %' : plain(value) + (OWN_UNITS[column.unit] || '');
}
const OWN_UNITS = {byte: ' B', pJ: ' pJ', MAC: ' MAC', s: ' s'};  // of others the axis says it, or none is needed

/// An axis of a chart for a column: logarithmic where asked and possible, words at their places.
function columnAxis(column, log) {
  const unit = column.metric && !UNIT_TEXTS[column.unit] ? `, ${column.unit}` : '';
  const ticks = {color: style('--soft'), maxRotation: 40};
  if (!column.number) {
    ticks.stepSize = 1;
    ticks.callback = (v) => Number.isInteger(v) ? column.brief(v, 24) : '';
    ticks.autoSkip = column.levels.length > 16;
    return axis(column.label, {type: 'linear', min: -0.5, max: column.levels.length - 0.5, ticks});
  }
  // The ends of a logarithmic axis lie anywhere, a round number beside them.
  const bare = (v, i, all) => mantissa(v) >= 5.5 ||
    ((i === 0 || i === all.length - 1) && Math.abs(mantissa(v) - Math.round(mantissa(v))) > 1e-6);
  ticks.callback = (v, i, all) => !log ? shorter(told(column, v, all.length > 1 ? all[1].value - all[0].value : 0))
    : bare(v, i, all) ? '' : shorter(column.show(v));
  return axis(column.label + unit, log
    ? {type: 'logarithmic', min: column.low * 0.9, max: column.high * 1.1, ticks}
    : {type: 'linear', grace: '4%', ticks});
}

/// The shown points by the levels of a column, or by eighths of its range of ranks.
function groupsOf(column) {
  if (!column) { return [{label: `${whole(shown.length)} points`, points: shown}]; }
  const known = shown.filter((point) => column.values[point] !== null);
  const levels = column.levels.filter((level) => known.some((p) => column.values[p] === level));
  if (!column.metric && levels.length <= 8) {
    return levels.map((level) => ({label: column.show(level),
      points: known.filter((point) => column.values[point] === level)}));
  }
  const sorted = [...known].sort((a, b) => column.place(a) - column.place(b));
  const groups = [];
  const size = Math.max(1, Math.ceil(sorted.length / 8));
  for (let i = 0; i < sorted.length; i += size) {
    const points = sorted.slice(i, i + size);
    const end = (point) => told(column, column.values[point], column.high - column.low);
    groups.push({label: `${end(points[0])} to ${end(points[points.length - 1])}`, points});
  }
  return groups;
}
const SCALE = ['#6a51a3', '#4f74b3', '#3f97ad', '#3fae93', '#62bf6f', '#98c94a', '#cfc43a', '#f0b429'];

/// One column against another, any of them, with the front of the two.
function scatterSection(parent, choose) {
  const named = (name, other) => columnNamed(name) || other;
  const state = {x: named(sweep.pareto[0], metrics[0]),
    y: named(sweep.pareto[1], metrics[1] || metrics[0]), color: varied[0]};
  state.logX = state.x.wide;
  state.logY = state.y.wide;
  const box = section(parent, 'Every point',
    'A click chooses a point. Ringed: the Pareto front of the sweep. Line: the front of the two axes.');
  const controls = make('div', {class: 'controls'});
  box.append(controls);
  const all = [...varied, ...metrics];
  const set = (name, value) => { state[name] = value; entry.draw(); };
  const logX = pressed('log x', state.logX, (on) => set('logX', on));
  const logY = pressed('log y', state.logY, (on) => set('logY', on));
  controls.append(
    picker('x', all, state.x, (c) => set('x', c)), logX,
    picker('y', all, state.y, (c) => set('y', c)), logY,
    picker('colour', [null, ...all], state.color, (c) => set('color', c)),
    pressed('front alone', false, (on) => { frontAlone = on; filterChanged(); }));
  const entry = chart(box, 460, 'scatter of the points', () => {
    const at = (point) => ({x: state.x.place(point), y: state.y.place(point), point});
    // Chart.js takes the first and the last of what it does not parse for the least and the most.
    const drawn = (points) => points.filter(drawable).map(at).sort((a, b) => a.x - b.x);
    const drawable = (point) => state.x.place(point) !== null && state.y.place(point) !== null;
    const groups = groupsOf(state.color);
    const ordered = state.color && (state.color.metric || state.color.number);
    const radius = shown.length > MANY ? 2 : 4;
    const datasets = groups.map((group, i) => {
      const color = ordered
        ? SCALE[groups.length < 2 ? 3 : Math.round(i * 7 / (groups.length - 1))]
        : OTHER_COLORS[i % OTHER_COLORS.length];
      return {label: group.label, data: drawn(group.points), pointRadius: radius,
        backgroundColor: color + (shown.length > MANY ? '90' : 'd0'), borderWidth: 0,
        pointHoverRadius: radius + 3, order: 3};
    });
    datasets.push({label: 'on the front', data: drawn(shown.filter((p) => onFront.has(p))),
      pointRadius: radius + 3, backgroundColor: 'transparent', borderColor: FRONT_COLOR, borderWidth: 2,
      order: 1});
    if (state.x.metric && state.y.metric && state.x !== state.y) {
      datasets.push({label: 'front of these two', type: 'line', data: frontOf(shown, state.x, state.y).map(at),
        borderColor: FRONT_COLOR, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 0, order: 2,
        stepped: state.x.more_is_better ? 'after' : 'before'});
    }
    return {type: 'scatter', data: {datasets}, options: {
      parsing: false,
      interaction: {mode: 'nearest', intersect: true},
      onClick: (_, items) => { if (items.length) { choose(entry.drawn.data.datasets[items[0].datasetIndex].data[items[0].index].point); } },
      scales: {x: columnAxis(state.x, state.logX && state.x.low > 0),
        y: columnAxis(state.y, state.logY && state.y.low > 0)},
      plugins: {tooltip: {displayColors: false, callbacks: {
        title: (items) => items.length ? `point ${items[0].raw.point}` : '',
        label: ({raw}) => [...pointText(raw.point), ...metrics.map((metric) =>
          `${metric.label}: ${metric.show(metric.values[raw.point])}`)]}, filter: (_, i) => i === 0}},
    }};
  });
  watchers.push(() => entry.draw());
}

/// Between two values the line between them, as in numpy.
function quantile(sorted, q) {
  const at = q * (sorted.length - 1), below = Math.floor(at), above = Math.ceil(at);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/// What each key does to one metric: range, middle half and median over all else.
function effectsSection(parent) {
  if (varied.length === 0) { return; }
  let metric = columnNamed(sweep.pareto[0]) || metrics[0];
  let log = metric.wide;
  const box = section(parent, 'What each key does',
    'Over all shown points with that value: thin, their range; thick, the middle half; dot, the median.');
  const controls = make('div', {class: 'controls'});
  const grid = make('div', {class: 'multiples'});
  box.append(controls, grid);
  const entries = varied.map((key) => chart(make('div', {}), 210, `${metric.label} by ${key.name}`, () => {
    const groups = key.levels.length <= 16
      ? key.levels.map((level, i) => ({label: key.number ? key.show(level) : key.brief(i, 20),
        points: shown.filter((point) => key.values[point] === level)})) : groupsOf(key);
    const used = groups.map((group) => ({label: group.label, values: group.points
      .map((p) => metric.values[p]).filter((v) => v !== null).sort((a, b) => a - b)}))
      .filter((group) => group.values.length > 0);
    const color = OTHER_COLORS[0];
    return {type: 'bar', data: {labels: used.map((group) => group.label), datasets: [
      {type: 'line', showLine: false, data: used.map((g) => quantile(g.values, 0.5)), pointRadius: 4,
        backgroundColor: style('--card'), borderColor: color, borderWidth: 2, order: 0},
      {data: used.map((g) => [quantile(g.values, 0.25), quantile(g.values, 0.75)]),
        backgroundColor: color + '90', barThickness: 14, grouped: false, order: 1, minBarLength: 2},
      {data: used.map((g) => [g.values[0], g.values[g.values.length - 1]]),
        backgroundColor: style('--soft'), barThickness: 2, grouped: false, order: 2},
    ]}, options: {scales: {
      x: axis(key.name, {grid: {display: false}, ticks: {color: style('--soft'), maxRotation: 50,
        autoSkip: key.number}}),
      y: columnAxis(metric, log && metric.low > 0)},
    plugins: {legend: {display: false}, tooltip: {callbacks: {label: ({raw}) => Array.isArray(raw)
      ? `${metric.show(raw[0])} to ${metric.show(raw[1])}` : `median ${metric.show(raw)}`}}}}};
  }));
  entries.forEach((entry) => grid.append(entry.box));
  const redraw = () => entries.forEach((entry) => entry.draw());
  controls.append(picker('metric', metrics, metric, (c) => { metric = c; redraw(); }),
    pressed('log', log, (on) => { log = on; redraw(); }));
  watchers.push(redraw);
}
