// Zoom, readout and live updates. The charts are drawn without this script; it moves what is drawn.
(function () {
  'use strict';
  const L = 58, R = 428, T = 12, B = 256, SVG = 'http://www.w3.org/2000/svg';
  const originals = new WeakMap(); // what was drawn, by svg
  const windows = new Map();       // the part that is shown, by id of the figure and form: [left, right, top, bottom] in drawn pixels
  const reading = new Map();       // the row that is read out, by id of the figure
  document.documentElement.classList.add('js');

  const full = () => [L, R, T, B];
  const key = svg => svg.closest('.figure').id + (svg.classList.contains('logscale') ? ' log' : '');
  const shown = fig => [...fig.querySelectorAll('.plot > svg')].find(s => getComputedStyle(s).display !== 'none');

  function original(svg) {
    let o = originals.get(svg);
    if (o) return o;
    const numbers = text => text.split(/[ ,]+/).map(Number);
    o = {
      shapes: [...svg.querySelectorAll('polygon, polyline')].map(el => [el, numbers(el.getAttribute('points'))]),
      marks: [...svg.querySelectorAll('.mark')].map(el => [el, numbers(el.getAttribute('transform').slice(10, -1))]),
      x: svg.querySelector('.xticks'), y: svg.querySelector('.yticks'),
      ax: axis(svg.dataset.x, L, R), ay: axis(svg.dataset.y, B, T),
    };
    o.xs = [...o.x.childNodes]; o.ys = [...o.y.childNodes];
    originals.set(svg, o);
    return o;
  }

  function axis(text, p, q) {
    const [from, to, log] = text.split(' ');
    return { from: +from, to: +to, log: log === 'true', p: p, q: q };
  }
  const value = (a, pixel) => a.from + (pixel - a.p) / (a.q - a.p) * (a.to - a.from); // a logarithm on a logarithmic axis
  const pixel = (a, v) => a.p + ((a.log ? Math.log10(v) : v) - a.from) / (a.to - a.from) * (a.q - a.p);

  function ticks(log, lo, hi) {
    const out = [];
    if (log && hi - lo >= 1) {
      const every = Math.ceil((hi - lo) / 7);
      for (let e = Math.ceil(lo); e <= hi; e += every) out.push(Math.pow(10, e));
      return out;
    }
    if (log) { lo = Math.pow(10, lo); hi = Math.pow(10, hi); }
    const rough = (hi - lo) / 5;
    let step = Math.pow(10, Math.floor(Math.log10(rough)));
    step *= [10, 5, 2].find(m => m * step <= rough * 1.5) || 1;
    for (let i = Math.ceil(lo / step); i * step <= hi; i++) out.push(i * step);
    return out;
  }
  const label = v => { const a = Math.abs(v); return a !== 0 && (a >= 1e5 || a < 1e-4) ? v.toExponential(2).replace(/\.?0+e/, 'e').replace('+', '') : String(+v.toPrecision(5)); };

  function element(name, attributes, text) {
    const el = document.createElementNS(SVG, name);
    for (const k in attributes) el.setAttribute(k, attributes[k]);
    if (text !== undefined) el.textContent = text;
    return el;
  }

  function render(svg) {
    const o = original(svg), w = windows.get(key(svg)) || full();
    const X = x => L + (x - w[0]) / (w[1] - w[0]) * (R - L), Y = y => T + (y - w[2]) / (w[3] - w[2]) * (B - T);
    for (const [el, p] of o.shapes) {
      let out = '';
      for (let i = 0; i + 1 < p.length; i += 2) out += X(p[i]).toFixed(2) + ',' + Y(p[i + 1]).toFixed(2) + ' ';
      el.setAttribute('points', out);
    }
    for (const [el, p] of o.marks) el.setAttribute('transform', 'translate(' + X(p[0]).toFixed(2) + ' ' + Y(p[1]).toFixed(2) + ')');
    if (!windows.has(key(svg))) {
      o.x.replaceChildren(...o.xs); o.y.replaceChildren(...o.ys);
    } else {
      const xs = [], ys = [];
      for (const v of ticks(o.ax.log, value(o.ax, w[0]), value(o.ax, w[1]))) {
        const at = X(pixel(o.ax, v));
        xs.push(element('line', { x1: at, x2: at, y1: T, y2: B }), element('text', { x: at, y: B + 16 }, label(v)));
      }
      for (const v of ticks(o.ay.log, value(o.ay, w[3]), value(o.ay, w[2]))) {
        const at = Y(pixel(o.ay, v));
        ys.push(element('line', { x1: L, x2: R, y1: at, y2: at }), element('text', { x: L - 5, y: at, dy: 4 }, label(v)));
      }
      o.x.replaceChildren(...xs); o.y.replaceChildren(...ys);
    }
    cursor(svg);
  }

  // setWindow shows a part of the drawing, not less than a fiftieth of it and nothing outside of it.
  function setWindow(svg, w) {
    const clamp = (a, b, lo, hi) => {
      const size = Math.min(hi - lo, Math.max((hi - lo) / 50, b - a));
      const start = Math.min(hi - size, Math.max(lo, (a + b - size) / 2));
      return [start, start + size];
    };
    const [a, b] = clamp(w[0], w[1], L, R), [c, d] = clamp(w[2], w[3], T, B);
    if (b - a > R - L - 0.5 && d - c > B - T - 0.5) windows.delete(key(svg)); else windows.set(key(svg), [a, b, c, d]);
    render(svg);
  }
  function zoom(svg, how) {
    if (how === 'all') { windows.delete(key(svg)); render(svg); return; }
    const w = windows.get(key(svg)) || full(), f = (how === 'in' ? 0.6 : 1 / 0.6) / 2, x = (w[0] + w[1]) / 2, y = (w[2] + w[3]) / 2;
    setWindow(svg, [x - f * (w[1] - w[0]), x + f * (w[1] - w[0]), y - f * (w[3] - w[2]), y + f * (w[3] - w[2])]);
  }
  function pan(svg, dx, dy) {
    const w = windows.get(key(svg)) || full(), x = dx * (w[1] - w[0]) / 5, y = dy * (w[3] - w[2]) / 5;
    setWindow(svg, [w[0] + x, w[1] + x, w[2] + y, w[3] + y]);
  }

  // read reads a row of the table behind the chart.
  function read(fig, index) {
    const rows = fig.querySelectorAll('tbody tr[data-x]');
    if (!rows.length) return;
    index = Math.max(0, Math.min(rows.length - 1, index));
    reading.set(fig.id, index);
    const heads = [...fig.querySelectorAll('thead th')].map(th => th.textContent), row = rows[index];
    let text = heads[0] + ' ' + row.cells[0].textContent + ':';
    for (let i = 1; i < row.cells.length; i++) if (row.cells[i].textContent !== '–') text += (i > 1 ? '; ' : ' ') + heads[i] + ' ' + row.cells[i].textContent;
    fig.querySelector('.readout').textContent = text;
    fig.querySelectorAll('.plot > svg').forEach(cursor);
  }
  function cursor(svg) {
    const fig = svg.closest('.figure'), line = svg.querySelector('.cursor'), row = fig.querySelectorAll('tbody tr[data-x]')[reading.get(fig.id)];
    if (!row) return;
    const o = original(svg), w = windows.get(key(svg)) || full(), x = L + (pixel(o.ax, +row.dataset.x) - w[0]) / (w[1] - w[0]) * (R - L);
    line.setAttribute('x1', x); line.setAttribute('x2', x);
    line.setAttribute('visibility', x >= L - 0.5 && x <= R + 0.5 ? 'visible' : 'hidden');
  }
  function place(svg, e) { // the pointer in units of the drawing
    const r = svg.getBoundingClientRect();
    return [(e.clientX - r.left) * 440 / r.width, (e.clientY - r.top) * 300 / r.height];
  }
  function nearest(fig, svg, x) {
    const o = original(svg), w = windows.get(key(svg)) || full(), at = w[0] + (x - L) / (R - L) * (w[1] - w[0]);
    let best = 0, distance = Infinity;
    fig.querySelectorAll('tbody tr[data-x]').forEach((row, i) => {
      const d = Math.abs(pixel(o.ax, +row.dataset.x) - at);
      if (d < distance) { distance = d; best = i; }
    });
    return best;
  }

  // A name in a legend shows and hides its method in all figures of the comparison.
  document.addEventListener('change', e => {
    const method = e.target.closest('.legend') && e.target.dataset.method;
    if (!method) return;
    e.target.closest('article').querySelectorAll('.legend input').forEach(c => { if (c.dataset.method === method) c.checked = e.target.checked; });
  });

  document.addEventListener('click', e => {
    const button = e.target.closest('[data-zoom]');
    if (button) zoom(shown(button.closest('.figure')), button.dataset.zoom);
  });
  document.addEventListener('keydown', e => {
    const plot = e.target.closest && e.target.closest('.plot');
    if (!plot || e.ctrlKey || e.metaKey || e.altKey) return;
    const fig = plot.closest('.figure'), svg = shown(fig), now = reading.has(fig.id) ? reading.get(fig.id) : -1;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (e.shiftKey && moves[e.key]) pan(svg, ...moves[e.key]);
    else if (e.key === 'ArrowLeft') read(fig, now - 1);
    else if (e.key === 'ArrowRight') read(fig, now + 1);
    else if (e.key === 'Home') read(fig, 0);
    else if (e.key === 'End') read(fig, Infinity);
    else if (e.key === '+' || e.key === '=') zoom(svg, 'in');
    else if (e.key === '-') zoom(svg, 'out');
    else if (e.key === '0' || e.key === 'Escape') zoom(svg, 'all');
    else return;
    e.preventDefault();
  });

  let drag = null;
  document.addEventListener('pointerdown', e => {
    const svg = e.target.closest && e.target.closest('.plot > svg.chart');
    if (!svg || e.pointerType !== 'mouse' || e.button !== 0) return;
    drag = { svg: svg, from: place(svg, e), box: element('rect', { 'class': 'box' }) };
    e.preventDefault();
  });
  document.addEventListener('pointermove', e => {
    if (drag) {
      const to = place(drag.svg, e), f = drag.from;
      if (!drag.box.parentNode) drag.svg.append(drag.box);
      drag.box.setAttribute('x', Math.min(f[0], to[0])); drag.box.setAttribute('y', Math.min(f[1], to[1]));
      drag.box.setAttribute('width', Math.abs(to[0] - f[0])); drag.box.setAttribute('height', Math.abs(to[1] - f[1]));
      return;
    }
    const svg = e.target.closest && e.target.closest('.plot > svg.chart');
    if (svg) { const fig = svg.closest('.figure'); read(fig, nearest(fig, svg, place(svg, e)[0])); }
  });
  document.addEventListener('pointerup', e => {
    if (!drag) return;
    const svg = drag.svg, f = drag.from, to = place(svg, e), w = windows.get(key(svg)) || full();
    drag.box.remove(); drag = null;
    if (Math.abs(to[0] - f[0]) < 8 || Math.abs(to[1] - f[1]) < 8) return;
    const X = x => w[0] + (x - L) / (R - L) * (w[1] - w[0]), Y = y => w[2] + (y - T) / (B - T) * (w[3] - w[2]);
    setWindow(svg, [X(Math.min(f[0], to[0])), X(Math.max(f[0], to[0])), Y(Math.min(f[1], to[1])), Y(Math.max(f[1], to[1]))]);
  });
  document.addEventListener('pointercancel', () => { if (drag) { drag.box.remove(); drag = null; } });

  // A live page loads itself again when the server says that a record has changed, and replaces the parts that differ.
  const events = document.body.dataset.events;
  if (!events) return;
  const status = document.getElementById('live');
  const texts = new Map([...document.querySelectorAll('.part')].map(p => [p.id, p.innerHTML]));
  const structure = doc => [...doc.querySelectorAll('.part')].map(p => p.id).join(' ');
  function replace(old, fresh) {
    const open = new Map([...old.querySelectorAll('details[id]')].map(d => [d.id, d.open]));
    const checks = new Map([...old.querySelectorAll('input[id]')].map(c => [c.id, c.checked]));
    const focus = old.contains(document.activeElement) ? document.activeElement.id : '';
    const scrolled = [...old.querySelectorAll('.scroll')].map(s => [s.scrollLeft, s.scrollTop]);
    old.replaceChildren(...fresh.childNodes);
    open.forEach((v, id) => { const d = document.getElementById(id); if (d) d.open = v; });
    checks.forEach((v, id) => { const c = document.getElementById(id); if (c) c.checked = v; });
    old.querySelectorAll('.scroll').forEach((s, i) => { if (scrolled[i]) { s.scrollLeft = scrolled[i][0]; s.scrollTop = scrolled[i][1]; } });
    old.querySelectorAll('.plot > svg').forEach(svg => { if (windows.has(key(svg))) render(svg); else cursor(svg); });
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus({ preventScroll: true });
  }
  let busy = false, again = false;
  async function update() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.pathname, { cache: 'no-store' });
      const text = await answer.text();
      if (!answer.ok) throw new Error('the server says ' + answer.status);
      const doc = new DOMParser().parseFromString(text, 'text/html');
      const same = structure(doc) === structure(document);
      if (!same) {
        texts.clear();
        doc.querySelectorAll('.part').forEach(p => texts.set(p.id, p.innerHTML));
        replace(document.getElementById('main'), doc.getElementById('main'));
      } else doc.querySelectorAll('.part').forEach(p => {
        if (texts.get(p.id) === p.innerHTML) return;
        texts.set(p.id, p.innerHTML);
        replace(document.getElementById(p.id), p);
      });
      status.textContent = 'Live: updated at ' + new Date().toLocaleTimeString() + '.';
    } catch (err) {
      status.textContent = 'Live: the last update failed (' + err.message + '); what is shown is older.';
    }
    busy = false;
    if (again) { again = false; update(); }
  }
  const source = new EventSource(events);
  source.addEventListener('changed', update);
  source.onerror = () => { status.textContent = 'Live: no connection to xsam serve; trying again. What is shown is older.'; };
  source.onopen = () => { status.textContent = 'Live: this page follows the runs.'; };
})();
