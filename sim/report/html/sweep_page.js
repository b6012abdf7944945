'use strict';
// The page of a sweep: its figures, filters, charts, the chosen point, and the table.

const ROWS_AT_ONCE = 50;

function sweepTiles(parent) {
  const box = make('div', {class: 'tiles'});
  parent.append(box);
  const failures = Object.keys(sweep.errors).length;
  tile(box, whole(sweep.rows.length), 'points', failures ? `${whole(failures)} of them failed` : 'none failed');
  tile(box, whole(sweep.front.length), 'on the Pareto front', `of ${sweep.pareto.map((name) => columnNamed(name).label).join(', ')}`);
  for (const metric of metrics.filter((m) => sweep.pareto.includes(m.name))) {
    const best = bestOf(metric, everyPoint);
    tile(box, metric.show(metric.values[best]), `best ${metric.label}`, `point ${best}`);
  }
  if (sweep.normalized) {
    parent.append(make('p', {class: 'note'}, 'By a normalized energy table 1 pJ stands for the energy of one MAC, which ' +
      'does not compare with joules of other tables.'));
  }
}

/// A number that fits a field, which has room for few digits: no point lies beyond it.
function fieldText(value, name) {
  if (String(value).length <= 7) { return String(value); }
  const near = Number(value.toPrecision(4));
  const step = 10 ** (magnitude(value) - 3);
  const beyond = name === 'low' ? (near > value ? near - step : near) : (near < value ? near + step : near);
  const plain = String(Number(beyond.toPrecision(4)));
  return plain.length <= 7 ? plain : beyond.toExponential(3).replace(/\.?0*e\+?/, 'e');
}

/// A button for each value of a key, two fields for a metric or a key of many values.
function filterRow(column) {
  if (!column.metric && column.levels.length <= 24) {
    const all = () => !filters.has(column);
    const buttons = column.levels.map((level) => make('button', {type: 'button', onclick: () => {
      const allowed = all() ? new Set() : filters.get(column).levels;
      if (allowed.has(level)) { allowed.delete(level); } else { allowed.add(level); }
      if (allowed.size === 0 || allowed.size === column.levels.length) { filters.delete(column); }
      else { filters.set(column, {levels: allowed}); }
      filterChanged();
    }}, column.show(level)));
    watchers.push(() => buttons.forEach((button, i) => button.setAttribute('aria-pressed',
      !all() && filters.get(column).levels.has(column.levels[i]))));
    return make('div', {class: 'filter'}, make('span', {}, column.label), ...buttons);
  }
  const field = (name, edge) => {
    const input = make('input', {type: 'number', step: 'any', 'aria-label': `${name} ${column.label}`,
      placeholder: fieldText(edge, name), onchange: () => {
        const old = filters.get(column) || {};
        const set = {low: old.low ?? -Infinity, high: old.high ?? Infinity};
        set[name] = input.value === '' ? (name === 'low' ? -Infinity : Infinity) : Number(input.value);
        if (set.low === -Infinity && set.high === Infinity) { filters.delete(column); }
        else { filters.set(column, set); }
        filterChanged();
      }});
    watchers.push(() => {
      const value = filters.has(column) ? filters.get(column)[name] : undefined;
      input.value = value === undefined || !isFinite(value) ? '' : value;
    });
    return input;
  };
  return make('div', {class: 'filter'}, make('span', {}, column.label +
    (column.unit && column.unit !== '1' ? `, ${column.unit}` : '')),
  make('div', {class: 'range'}, field('low', column.low), ' – ', field('high', column.high)));
}

function filterSection(parent) {
  const box = section(parent, 'Filter', 'For all that follows. No value pressed: all of them.');
  const count = make('p', {class: 'note', id: 'shown'}, '');
  const grid = make('div', {class: 'filters'});
  grid.append(...varied.filter((key) => key.number || key.levels.length <= 24).map(filterRow),
    ...metrics.map(filterRow));
  box.append(grid, make('div', {class: 'controls'}, make('button', {type: 'button', onclick: () => {
    filters.clear();
    filterChanged();
  }}, 'all points'), count));
  watchers.push(() => { count.textContent = `${whole(shown.length)} of ${whole(sweep.rows.length)} points shown`; });
}

function bestSection(parent, choose) {
  const box = section(parent, 'Best points', 'Of those shown, by each metric.');
  const holder = make('div', {});
  box.append(holder);
  watchers.push(() => {
    holder.replaceChildren();
    const rows = metrics.filter((m) => m.low < m.high).map((metric) => ({metric, point: bestOf(metric, shown)}))
      .filter((row) => row.point !== undefined);
    sortedTable(holder, [
      {name: 'metric', text: true, value: (row) => row.metric.label},
      {name: 'best', value: (row) => row.metric.values[row.point],
        show: (row) => row.metric.show(row.metric.values[row.point])},
      {name: 'point', value: (row) => row.point},
      ...varied.map((key) => ({name: key.name, text: !key.number, value: (row) => key.values[row.point]})),
    ], rows, 'best');
    [...holder.querySelectorAll('tbody tr')].forEach((row) => {
      row.onclick = () => choose(Number(row.cells[2].textContent));
    });
  });
}

const leaf = (file) => file.replace(/^.*\//, '');

/// As a shell reads it back.
const shellWord = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${String(text).replace(/'/g, "'\\''")}'`;

/// Everything about one point, and the command that runs it.
function chosenSection(parent) {
  const box = section(parent, 'The chosen point');
  const holder = make('div', {}, make('p', {class: 'note'}, 'None yet: click one in the scatter or in a table.'));
  box.append(holder);
  return (point) => {
    const inQuotes = sweep.in_quotes[point] || {};
    const text = (key) => sweep.rows[point][key.index];  // of a number, too, as the spec has it
    const settings = [...Object.entries(sweep.settings).map(([key, {set}]) => [key, set]),
      ...keys.filter((key) => key.name !== 'workload')
        .map((key) => [key.name, inQuotes[key.name] ?? text(key)])]
      .map(([key, value]) => `--set ${shellWord(`${key}=${value}`)}`).join(' ');
    const workload = columnNamed('workload') ? text(columnNamed('workload')) : sweep.workload;
    const ringed = onFront.has(point) ? ', on the Pareto front' : '';
    holder.replaceChildren(make('p', {id: 'chosen'}, `Point ${point}${ringed}`), make('div', {class: 'tiles'}));
    columns.forEach((column) => tile(holder.lastChild, column.show(column.values[point]), column.label));
    holder.append(make('p', {class: 'note'}, 'Alone, in the folder of the spec:'),
      make('pre', {}, `systole run -a ${shellWord(sweep.accelerator)} -w ${shellWord(workload)} ` +
        `${sweep.data} --engine fast ${settings} --html point.html`));
    if (failed(point)) { holder.append(make('p', {class: 'bad'}, sweep.errors[point])); }
  };
}

/// The reasons of points that failed, each once.
function failuresSection(parent, title) {
  const reasons = new Map();
  for (const [point, text] of Object.entries(sweep.errors)) {
    if (!reasons.has(text)) { reasons.set(text, []); }
    reasons.get(text).push(Number(point));
  }
  if (reasons.size === 0) { return; }
  const rows = [...reasons].map(([text, points]) => ({text, points}))
    .sort((a, b) => b.points.length - a.points.length);
  const more = rows.splice(ROWS_AT_ONCE).length;
  sortedTable(section(parent, title, more ? `The most frequent; ${whole(more)} more are in points.csv.` : ''), [
    {name: 'reason', text: true, value: (row) => row.text},
    {name: 'points', value: (row) => row.points.length, show: (row) => whole(row.points.length)},
    {name: 'the first', value: (row) => row.points[0]},
  ], rows, 'failures');
}

/// All shown points, a page of rows at a time: a browser stays quick with thousands of points.
function tableSection(parent, choose) {
  const box = section(parent, 'Points', 'Click a heading to sort, a row to choose it.');
  const state = {column: null, upward: true, first: 0, failures: false};
  const inTable = [...varied, ...columns.filter((column) => column.metric)];
  const body = make('tbody', {});
  const range = make('span', {class: 'note'}, '');
  let order = [];
  const sort = () => {
    order = state.failures ? everyPoint.filter(failed) : [...shown];
    const {column, upward} = state;
    const isFront = column === 'front';
    const lacks = (point) => Boolean(column) && !isFront && column.values[point] === null;
    const compared = (a, b) => isFront ? onFront.has(b) - onFront.has(a)
      : column ? levelOrder(column.values[a], column.values[b]) : 0;
    // What has no such figure comes last, whichever way.
    order.sort((a, b) => lacks(a) - lacks(b) || (upward ? 1 : -1) * (compared(a, b) || a - b));
    state.first = 0;
    fill();
  };
  const fill = () => {
    const last = Math.min(order.length, state.first + ROWS_AT_ONCE);
    body.replaceChildren(...order.slice(state.first, last).map((point) => make('tr', {onclick: () => choose(point)},
      make('td', {}, String(point)), make('td', {class: 'text bad'}, onFront.has(point) ? '●' : ''),
      ...inTable.map((column) => make('td', column.number ? {} : {class: 'text'}, column.show(column.values[point]))),
      ...(state.failures ? [make('td', {class: 'text bad'}, sweep.errors[point])] : []))));
    range.textContent = order.length ? `${whole(state.first + 1)} to ${whole(last)} of ${whole(order.length)}` : 'none';
  };
  const heads = [];
  const head = (name, column, text) => {
    const cell = make('th', text ? {class: 'text'} : {}, make('button', {type: 'button', onclick: () => {
      state.upward = state.column === column ? !state.upward : !(column && column.more_is_better);
      state.column = column;
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      cell.setAttribute('aria-sort', state.upward ? 'ascending' : 'descending');
      sort();
    }}, name));
    heads.push(cell);
    return cell;
  };
  const row = make('tr', {}, head('point', null), head('front', 'front', true),
    ...inTable.map((column) => head(column.label, column, !column.number)));
  const turn = (by) => () => {
    state.first = Math.max(0, Math.min(state.first + by, Math.floor((order.length - 1) / ROWS_AT_ONCE) * ROWS_AT_ONCE));
    fill();
  };
  const controls = make('div', {class: 'controls'},
    make('button', {type: 'button', onclick: turn(-Infinity)}, 'first'),
    make('button', {type: 'button', onclick: turn(-ROWS_AT_ONCE)}, 'back'),
    make('button', {type: 'button', onclick: turn(ROWS_AT_ONCE)}, 'on'),
    make('button', {type: 'button', onclick: turn(1e12)}, 'last'), range);
  if (Object.keys(sweep.errors).length) {
    controls.append(pressed('those that failed', false, (on) => { state.failures = on; sort(); }));
  }
  box.append(controls, make('div', {class: 'scroll'}, make('table', {id: 'points'}, make('thead', {}, row), body)));
  watchers.push(sort);
}

function startSweep() {
  pageHead(`Sweep ${sweep.name}`, `${whole(sweep.rows.length)} points around ${leaf(sweep.accelerator)}` +
    (sweep.workload ? ` on ${leaf(sweep.workload)}` : '') + [
      ...Object.entries(sweep.settings).map(([key, {text}]) => [key, text]),
      ...keys.filter((key) => !varied.includes(key)).map((key) => [key.name, key.show(key.values[0])])]
    .map(([key, value]) => `, ${key} ${value}`).join(''));
  const main = make('main', {});
  document.body.append(main);
  tried(main, () => sweepTiles(main));
  if (metrics.length > 0) {
    shown = everyPoint.filter(passes);
    const chosen = make('div', {});
    const choose = chosenSection(chosen);
    tried(main, () => filterSection(main));
    tried(main, () => scatterSection(main, choose));
    main.append(chosen);
    tried(main, () => bestSection(main, choose));
    tried(main, () => effectsSection(main));
    tried(main, () => parallelSection(main));
    tried(main, () => tableSection(main, choose));
    tried(main, () => failuresSection(main, 'Why points failed'));
    tried(main, applyFilters);
  } else {
    tried(main, () => failuresSection(main, 'No point has a figure'));
  }
  document.body.append(make('footer', {}, `Systole ${sweep.systole}. All figures are of one inference. ` +
    'Charts: Chart.js, MIT licence.'));
  document.body.dataset.done = 'true';
}

startSweep();
