'use strict';
// Parallel coordinates of a sweep, on a canvas of their own: Chart.js has none.

/// Of `array.rows` the last word, of names that share it as many as tell them apart.
function axisNames(labels) {
  const tail = (label, parts) => label.split('.').slice(-parts).join('.');
  return labels.map((label) => {
    let parts = 1;
    while (tail(label, parts) !== label &&
      labels.some((other) => other !== label && tail(other, parts) === tail(label, parts))) { ++parts; }
    return tail(label, parts);
  });
}

/// A line for each point across all columns. Dragging along an axis filters by it.
function parallelSection(parent) {
  const lines = [...varied, ...metrics];
  let tint = columnNamed(sweep.pareto[0]) || metrics[0];
  const box = section(parent, 'Parallel coordinates',
    'A line is a point, its colour one metric from good (yellow) to bad (violet); red: the front. ' +
    'Drag along an axis to filter, click its name to let all pass.');
  const names = axisNames(lines.map((column) => column.label));
  const canvas = make('canvas', {role: 'img', 'aria-label': `parallel coordinates of ${names.join(', ')}`});
  const holder = make('div', {class: 'chart', style: 'height:420px'}, canvas);
  box.append(make('div', {class: 'controls'},
    picker('colour', metrics, tint, (c) => { tint = c; draw(); })), make('div', {class: 'scroll'}, holder));
  holder.style.minWidth = `${lines.length * 84}px`;
  const top = 52, bottom = 30;
  let drag = null;
  const xOf = (i) => 60 + i * (holder.clientWidth - 120) / Math.max(1, lines.length - 1);
  const scaleOf = (column) => {
    const [low, high] = column.span;
    const [a, b] = column.wide ? [Math.log(low), Math.log(high)] : [low, high];
    const flip = column.metric && !column.more_is_better;  // up is better
    const share = (v) => a === b ? 0.5 : ((column.wide ? Math.log(v) : v) - a) / (b - a);
    return (v) => flip ? share(v) : 1 - share(v);
  };
  const draw = () => {
    const height = holder.clientHeight, ratio = devicePixelRatio || 1;
    canvas.width = holder.clientWidth * ratio;
    canvas.height = height * ratio;
    canvas.style.cssText = `width:${holder.clientWidth}px;height:${height}px`;
    const ctx = canvas.getContext('2d');
    ctx.scale(ratio, ratio);
    const scales = lines.map(scaleOf);
    const y = (i, point) => top + scales[i](lines[i].place(point)) * (height - top - bottom);
    const complete = shown.filter((point) => lines.every((c) => c.values[point] !== null));
    const line = (points, color, alpha, width) => {
      ctx.strokeStyle = color; ctx.globalAlpha = alpha; ctx.lineWidth = width;
      ctx.beginPath();
      for (const point of points) {
        lines.forEach((_, i) => i ? ctx.lineTo(xOf(i), y(i, point)) : ctx.moveTo(xOf(i), y(i, point)));
      }
      ctx.stroke();
    };
    const alpha = Math.max(0.06, Math.min(0.7, 60 / Math.max(1, complete.length)));
    const sorted = [...complete].sort((a, b) => tint.more_is_better
      ? tint.values[a] - tint.values[b] : tint.values[b] - tint.values[a]);
    const part = Math.max(1, Math.ceil(sorted.length / 8));
    for (let i = 0; i * part < sorted.length; ++i) {
      // One path has one coat of paint: small ones let the density show.
      const points = sorted.slice(i * part, (i + 1) * part);
      for (let j = 0; j < points.length; j += 32) { line(points.slice(j, j + 32), SCALE[i], alpha, 1); }
    }
    line(complete.filter((point) => onFront.has(point)), FRONT_COLOR, 0.9, 1.2);
    ctx.globalAlpha = 1;
    ctx.font = '12px system-ui, sans-serif';
    ctx.textAlign = 'center';
    lines.forEach((column, i) => {
      ctx.strokeStyle = style('--soft'); ctx.lineWidth = 1;
      ctx.beginPath(); ctx.moveTo(xOf(i), top); ctx.lineTo(xOf(i), height - bottom); ctx.stroke();
      ctx.fillStyle = filters.has(column) ? style('--accent') : style('--ink');
      ctx.fillText(shortened(names[i], 17), xOf(i), 14 + 14 * (i % 2));
      ctx.fillStyle = style('--soft');
      const text = (place) => column.number ? told(column, place, column.high - column.low) : column.brief(place, 13);
      const up = scales[i](column.span[1]) < 0.5 ? 1 : 0;
      ctx.fillText(text(column.span[up]), xOf(i), top - 6);
      ctx.fillText(text(column.span[1 - up]), xOf(i), height - bottom + 14);
      if (drag && drag.column === column) {
        ctx.fillStyle = style('--accent'); ctx.globalAlpha = 0.3;
        ctx.fillRect(xOf(i) - 8, Math.min(drag.from, drag.to), 16, Math.abs(drag.to - drag.from));
        ctx.globalAlpha = 1;
      }
    });
    canvas.dataset.drawn = 'true';
  };
  const brushed = () => {
    const scale = scaleOf(drag.column), height = holder.clientHeight - top - bottom;
    const [low, high] = [drag.from, drag.to].sort((a, b) => a - b).map((v) => (v - top) / height);
    const inside = everyPoint.filter((p) => !failed(p) && drag.column.values[p] !== null)
      .filter((p) => { const at = scale(drag.column.place(p)); return at >= low && at <= high; })
      .map((p) => drag.column.values[p]);
    if (inside.length === 0) { return; }
    filters.set(drag.column, drag.column.metric
      ? {low: inside.reduce((a, b) => Math.min(a, b)), high: inside.reduce((a, b) => Math.max(a, b))}
      : {levels: new Set(inside)});
  };
  const where = (event) => {
    const area = canvas.getBoundingClientRect();
    return [event.clientX - area.left, event.clientY - area.top];
  };
  canvas.onpointerdown = (event) => {
    const [x, y] = where(event);
    const i = lines.findIndex((_, index) => Math.abs(xOf(index) - x) < 30);
    if (i < 0) { return; }
    if (y < top - 8) { filters.delete(lines[i]); filterChanged(); return; }
    drag = {column: lines[i], from: y, to: y};
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => { if (drag) { drag.to = where(event)[1]; draw(); } };
  canvas.onpointerup = () => {
    if (drag && Math.abs(drag.to - drag.from) > 4) { brushed(); filterChanged(); }
    drag = null;
  };
  charts.push({drawn: null, draw});
  addEventListener('resize', draw);
  watchers.push(draw);
}
