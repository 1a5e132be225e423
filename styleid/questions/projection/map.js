/* The projection on one canvas: dots when far, pictures when near. `page` is what the page's script knows. */
(({ data, $, make, bdi, frame, verdict, others, mark, dialog, sheets, SIDE, hasSprite, drawSprite, sprite, showPoint }) => {
  const map = $("map");
  if (!map || !data.x) return;
  const context = map.getContext("2d");
  const WIDTH = Math.max(320, map.clientWidth), EDGE = 24, MOST_ZOOM = 40, NEAR = 11, MOST_PICTURES = 1000;
  const HEIGHT = Math.round(WIDTH / (WIDTH < 520 ? Math.min(1.15, data.aspect) : data.aspect));
  const n = data.x.length, many = data.labels.length > 8, rows = [...data.x.keys()];
  const isWrong = (i) => data.true[i] !== data.said[i];
  const size = Math.max(2, Math.min(6, 0.18 * WIDTH / Math.sqrt(n)));
  const X = data.x.map((v) => EDGE + v * (WIDTH - 2 * EDGE));
  const Y = data.y.map((v) => EDGE + v * (HEIGHT - 2 * EDGE));
  spread(X, Y, 2 * size);

  // Points nearer than their own width are pushed apart, so that each can be seen and pointed at.
  function spread(X, Y, apart) {
    for (let round = 0; n <= 4000 && round < 40; round++) {
      const near = new Map(), key = (x, y) => x * 100003 + y;
      for (let i = 0; i < n; i++) {
        const at = key(Math.floor(X[i] / apart), Math.floor(Y[i] / apart));
        near.has(at) ? near.get(at).push(i) : near.set(at, [i]);
      }
      let moved = false;
      for (let i = 0; i < n; i++) {
        const column = Math.floor(X[i] / apart), row = Math.floor(Y[i] / apart);
        for (let dx = -1; dx <= 1; dx++) for (let dy = -1; dy <= 1; dy++) for (const j of near.get(key(column + dx, row + dy)) || []) {
          if (j <= i) continue;
          let x = X[j] - X[i], y = Y[j] - Y[i], distance = Math.hypot(x, y);
          if (distance >= apart) continue;
          if (distance < 1e-6) { x = Math.cos(i + j); y = Math.sin(i + j); distance = 1; }
          const push = (apart - Math.min(distance, apart) + 0.01) / 2 / distance;
          X[i] -= x * push; Y[i] -= y * push; X[j] += x * push; Y[j] += y * push;
          moved = true;
        }
        X[i] = Math.max(EDGE / 2, Math.min(WIDTH - EDGE / 2, X[i]));
        Y[i] = Math.max(EDGE / 2, Math.min(HEIGHT - EDGE / 2, Y[i]));
      }
      if (!moved) break;
    }
  }

  /* what is in view: zoom, and the corner of the view in the zoomed plane */
  let zoom = 1, left = 0, top = 0, waiting = false;
  const within = (low, value, high) => Math.max(low, Math.min(value, high));
  const across = (i) => X[i] * zoom - left, down = (i) => Y[i] * zoom - top;
  function look(wanted, x, y) {
    zoom = within(1, wanted, MOST_ZOOM);
    left = within(0, x, WIDTH * (zoom - 1));
    top = within(0, y, HEIGHT * (zoom - 1));
    map.classList.toggle("near", zoom > 1); // on a touch screen one finger moves the plane now, not the page
    $("zoom-out").disabled = $("zoom-all").disabled = zoom === 1;
    $("zoom-in").disabled = zoom === MOST_ZOOM;
    redraw();
  }
  function zoomBy(factor, x = WIDTH / 2, y = HEIGHT / 2) {
    const wanted = within(1, zoom * factor, MOST_ZOOM), ratio = wanted / zoom;
    look(wanted, (left + x) * ratio - x, (top + y) * ratio - y);
  }
  function redraw() {
    if (!waiting) requestAnimationFrame(() => { waiting = false; draw(); if (current >= 0) point(); });
    waiting = true;
  }

  /* marks: where a colour comes round again the shape differs, as `marker` in palette.py */
  function outline(on, label, x, y, r) {
    const kind = (label >> 3) % 6;
    on.beginPath();
    if (kind === 0) return on.arc(x, y, r, 0, 2 * Math.PI);
    const corners = [[], [45, 135, 225, 315], [270, 30, 150], [0, 90, 180, 270], [90, 210, 330], [270, 342, 54, 126, 198]][kind];
    for (const a of corners) on.lineTo(x + 1.25 * r * Math.cos(a * Math.PI / 180), y + 1.25 * r * Math.sin(a * Math.PI / 180));
    on.closePath();
  }
  function crossed(on, x, y, r) {
    on.beginPath();
    on.moveTo(x - r, y - r); on.lineTo(x + r, y + r);
    on.moveTo(x - r, y + r); on.lineTo(x + r, y - r);
    on.stroke();
  }
  // Each mark is drawn once, and its pixels are copied: to draw a path for each of 20,000 points, or the same
  // small canvas so often, takes a tenth of a second.
  const ROOM = 1.5 * size + 3;
  let stamps = new Map(), stampsFor = "", plane = null;
  function stamp(i, scale, ink, card, alpha) {
    const label = data.true[i], wrong = isWrong(i), key = 4 * label + 2 * wrong + (alpha < 1);
    if (stamps.has(key)) return stamps.get(key);
    const canvas = make("canvas", ""), on = canvas.getContext("2d"), side = Math.ceil(2 * ROOM * scale);
    canvas.width = canvas.height = side;
    on.scale(side / 2 / ROOM, side / 2 / ROOM);
    on.translate(ROOM, ROOM);
    on.lineCap = "round";
    on.strokeStyle = data.colours[label];
    if (wrong) {
      if (many) { on.lineWidth = 1.3; outline(on, label, 0, 0, 1.3 * size); on.stroke(); }
      on.strokeStyle = card; on.lineWidth = 3.6; crossed(on, 0, 0, 0.85 * size);
      on.strokeStyle = data.colours[label]; on.lineWidth = 1.9; crossed(on, 0, 0, 0.85 * size);
    } else {
      outline(on, label, 0, 0, size);
      on.fillStyle = data.colours[label]; on.fill();
      on.strokeStyle = ink; on.globalAlpha = 0.4; on.lineWidth = 0.8; on.stroke();
    }
    const bytes = on.getImageData(0, 0, side, side).data, filled = [];
    for (let k = 3; k < bytes.length; k += 4) {
      bytes[k] *= alpha;
      if (bytes[k]) filled.push(k >> 2);
    }
    const pixels = new Uint32Array(bytes.buffer);
    const made = { canvas, side, pixels, filled };
    stamps.set(key, made);
    return made;
  }
  function copy({ side, pixels, filled }, x, y) {
    const { image, pixels: under } = plane, { width, height } = image;
    const left = Math.round(x - side / 2), top = Math.round(y - side / 2);
    for (const k of filled) {
      const column = left + k % side, row = top + Math.floor(k / side);
      if (column < 0 || row < 0 || column >= width || row >= height) continue;
      const place = row * width + column, over = pixels[k], alpha = over >>> 24;
      if (alpha > 250 || !under[place]) { under[place] = over; continue; }
      const at = 4 * place, share = alpha / 255; // an edge, upon another mark
      for (let c = 0; c < 3; c++) image.data[at + c] += ((over >>> 8 * c & 255) - image.data[at + c]) * share;
      image.data[at + 3] += (255 - image.data[at + 3]) * share;
    }
  }

  const order = [...rows.filter((i) => !isWrong(i)), ...rows.filter(isWrong)]; // wrong ones lie on top
  function draw(paper = false) {
    const style = getComputedStyle(map), fit = map.clientWidth / WIDTH, scale = fit * (paper ? 3 : devicePixelRatio || 1);
    const ink = paper ? "#000" : style.getPropertyValue("--ink"), card = paper ? "#fff" : style.getPropertyValue("--card");
    if (!(scale > 0)) return;
    const wide = Math.round(WIDTH * scale), high = Math.round(HEIGHT * scale);
    if (map.width !== wide || map.height !== high || !plane) {
      map.width = wide;
      map.height = high;
      const image = context.createImageData(wide, high);
      plane = { image, pixels: new Uint32Array(image.data.buffer) };
    }
    if (stampsFor !== ink + scale) { stamps = new Map(); stampsFor = ink + scale; }
    // Pictures come where marks of their size would hardly cover each other, and few enough are in view.
    const side = Math.min(1.5 * SIDE, 1.9 * size * zoom), half = side / 2;
    const bright = [], dim = [], framed = [];
    for (const i of order) {
      const x = across(i), y = down(i);
      if (x > -half && y > -half && x < WIDTH + half && y < HEIGHT + half) (visible(i) ? bright : dim).push(i);
    }
    const pictures = side >= 18 && bright.length <= MOST_PICTURES;
    plane.pixels.fill(0);
    for (const i of dim) copy(stamp(i, scale, ink, card, 0.1), across(i) * scale, down(i) * scale);
    for (const i of bright) {
      if (pictures && hasSprite(i)) framed.push(i);
      else copy(stamp(i, scale, ink, card, 1), across(i) * scale, down(i) * scale);
    }
    context.putImageData(plane.image, 0, 0);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    for (const i of framed) {
      const x = across(i) - half, y = down(i) - half;
      context.fillStyle = data.colours[data.true[i]];
      context.fillRect(x - 2, y - 2, side + 4, side + 4);
      drawSprite(context, i, x, y, side);
      if (many || isWrong(i)) context.drawImage(stamp(i, scale, ink, card, 1).canvas, x + side - ROOM, y - ROOM, 2 * ROOM, 2 * ROOM);
    }
    for (const [i, dx, dy] of data.far) if (visible(i)) pointOut(across(i), down(i), Math.atan2(dy, dx), ink, card);
    if (many && (paper || WIDTH > 520)) writeNames(ink, card);
    map.dataset.drawn = `${bright.length - framed.length} marks, ${framed.length} pictures, ${dim.length} dim`;
  }
  function pointOut(x, y, way, ink, card) {
    context.save();
    context.translate(x, y);
    context.rotate(way);
    context.beginPath();
    context.moveTo(size + 8, 0); context.lineTo(size + 2, -4); context.lineTo(size + 2, 4); context.closePath();
    context.lineWidth = 2; context.strokeStyle = card; context.stroke();
    context.fillStyle = ink; context.fill();
    context.restore();
  }
  // Colours repeat: each name stands amid its points, moved up or down off those already written. A thousand
  // names would hide the points: the largest labels have theirs, as in projection.png.
  const members = data.labels.map(() => []);
  rows.forEach((i) => members[data.true[i]].push(i));
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const largest = many ? [...members.keys()].filter((l) => members[l].length).sort((a, b) => members[b].length - members[a].length || a - b) : [];
  const amid = largest.slice(0, data.most_names).sort((a, b) => a - b).map((label) =>
    [label, median(members[label].map((i) => X[i])), median(members[label].map((i) => Y[i]))]);
  function writeNames(ink, card) {
    const taken = [];
    context.font = "600 12px system-ui, sans-serif";
    context.textAlign = "center";
    context.lineJoin = "round";
    for (const [label, X0, Y0] of amid) {
      let x = X0 * zoom - left, y = Y0 * zoom - top;
      if ((only.size && !only.has(label)) || x < 0 || y < 0 || x > WIDTH || y > HEIGHT) continue;
      const name = data.short[label], half = context.measureText(name).width / 2;
      x = within(half + 4, x, WIDTH - half - 4); // a name at the edge is not cut off
      let at = y;
      for (let k = 0; k < 30; k++) {
        at = within(10, y + (k % 2 ? -1 : 1) * Math.ceil(k / 2) * 8, HEIGHT - 10);
        if (!taken.some((t) => Math.abs(t.at - at) < 15 && Math.abs(t.x - x) < t.half + half)) break;
      }
      taken.push({ x, at, half });
      context.lineWidth = 4; context.strokeStyle = card; context.strokeText(name, x, at + 4);
      context.fillStyle = ink; context.fillText(name, x, at + 4);
    }
  }

  /* filters: labels, right or wrong, the part it was scored in */
  const only = new Set();
  let current = -1;
  const marks = $("only-marks"), folds = $("only-fold");
  const visible = (i) => (!only.size || only.has(data.true[i])) && (!marks.value || mark(i) === marks.value) &&
    (!folds.value || data.fold[i] === Number(folds.value));
  function refresh() {
    for (const button of $("legend").children) button.setAttribute("aria-pressed", String(only.has(Number(button.dataset.label))));
    const shown = rows.filter(visible).length;
    $("shown").textContent = shown === n ? "" : `${shown.toLocaleString("en")} of ${n.toLocaleString("en")} shown`;
    if (current >= 0 && !visible(current)) leave();
    redraw();
  }
  data.labels.forEach((name, label) => {
    const small = make("canvas", ""), on = small.getContext("2d");
    small.width = small.height = 32;
    outline(on, label, 16, 16, 12);
    on.fillStyle = data.colours[label]; on.fill();
    const button = make("button", "", small, bdi(name), make("span", "count", members[label].length.toLocaleString("en")));
    button.type = "button";
    button.dataset.label = label;
    button.addEventListener("click", () => { only.delete(label) || only.add(label); refresh(); });
    $("legend").append(button);
  });
  const option = (value, text, count) => Object.assign(make("option", "", `${text} (${count.toLocaleString("en")})`), { value });
  const wrongs = rows.filter(isWrong).length;
  marks.append(option("", "right and wrong", n), option("right", "named right", n - wrongs), option("wrong", "named wrong", wrongs));
  folds.append(option("", "all parts", n), ...data.folds.map((name, fold) => option(fold, name, data.fold.filter((f) => f === fold).length)));
  folds.hidden = data.folds.length < 2;
  for (const select of [marks, folds]) select.addEventListener("change", refresh);

  /* pointing at a picture */
  const tip = $("tip"), here = $("here");
  function leave() {
    current = -1;
    tip.hidden = here.hidden = true;
  }
  function nearestTo(x, y, most, reach, but) {
    const found = [];
    for (let i = 0; i < n; i++) {
      const distance = (across(i) - x) ** 2 + (down(i) - y) ** 2;
      if (distance >= reach || i === but || !visible(i)) continue;
      if (found.length === most && distance >= found[most - 1][0]) continue;
      found.push([distance, i]);
      found.sort((a, b) => a[0] - b[0]);
      found.length = Math.min(found.length, most);
    }
    return found.map(([, i]) => i);
  }
  const around = (i, most) => nearestTo(across(i), down(i), most, Infinity, i);
  function visit(i, aloud) {
    if (i === current) return;
    current = i;
    const near = around(i, 5), small = make("span", "near");
    for (const j of near) {
      if (data.sprite[j] < 0) continue;
      const one = sprite(j);
      one.style.borderColor = data.colours[data.true[j]];
      small.append(one);
    }
    tip.className = mark(i);
    const names = [...new Set(near.map((j) => data.labels[data.true[j]]))];
    const nearest = make("span", "others", "nearest: ", ...names.flatMap((name, k) => k ? [", ", bdi(name)] : [bdi(name)]));
    const meaning = make("span", "others meaning", data.score_words);
    tip.replaceChildren(frame(i), ...verdict(i), others(i), meaning, make("span", "id", bdi(data.ids[i])), small, nearest);
    tip.hidden = here.hidden = false;
    point();
    if (aloud) {
      const own = data.labels[data.true[i]], said = data.labels[data.said[i]];
      $("said-aloud").textContent = `${data.ids[i]}: ${own === said ? own + ", named right" : own + ", taken for " + said}, ` +
        `${data.score_words} ${data.best[i][1]}; nearest: ${names.join(", ")}`;
    }
  }
  function point() {
    const fit = map.clientWidth / WIDTH, x = across(current) * fit, y = down(current) * fit, gap = 16 + size;
    here.hidden = x < 0 || y < 0 || x > map.clientWidth || y > map.clientHeight;
    here.style.left = x + "px";
    here.style.top = y + "px";
    const beside = x + gap + tip.offsetWidth <= map.clientWidth ? x + gap : x - gap - tip.offsetWidth;
    tip.style.left = within(4, beside, map.clientWidth - tip.offsetWidth - 4) + "px";
    tip.style.top = within(4, y - tip.offsetHeight / 2, Math.max(4, map.clientHeight - tip.offsetHeight - 4)) + "px";
  }
  function open(i) {
    visit(i);
    showPoint(i, around(i, NEAR));
  }
  function step(dx, dy) {
    // The nearest point within the quadrant that the arrow points to; the first time, the leftmost point.
    let best = -1, least = Infinity;
    for (let i = 0; i < n; i++) {
      if (i === current || !visible(i)) continue;
      const x = current < 0 ? X[i] : X[i] - X[current], y = current < 0 ? 0 : Y[i] - Y[current];
      const along = current < 0 ? 1 : x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (along < aside || along + aside === 0) continue;
      const distance = current < 0 ? x : along + 2 * aside;
      if (distance < least) { best = i; least = distance; }
    }
    if (best < 0) return;
    const x = across(best), y = down(best);
    if (x < EDGE || y < EDGE || x > WIDTH - EDGE || y > HEIGHT - EDGE) look(zoom, X[best] * zoom - WIDTH / 2, Y[best] * zoom - HEIGHT / 2);
    visit(best, true);
  }

  /* mouse, fingers, keys */
  const fingers = new Map();
  let dragged = false;
  function at(event) {
    const box = map.getBoundingClientRect(), fit = WIDTH / box.width;
    return [(event.clientX - box.left) * fit, (event.clientY - box.top) * fit];
  }
  function hover(event) {
    const [i] = nearestTo(...at(event), 1, 26 ** 2, -1);
    if (i === undefined) leave(); else visit(i);
    return i;
  }
  map.addEventListener("pointerdown", (event) => {
    if (!fingers.size) dragged = false;
    fingers.set(event.pointerId, at(event));
  });
  map.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return void hover(event);
    const before = [...fingers.values()], now = at(event), from = fingers.get(event.pointerId);
    if (!dragged && before.length === 1 && Math.hypot(now[0] - from[0], now[1] - from[1]) < 5) return;
    if (!dragged) { dragged = true; leave(); map.setPointerCapture(event.pointerId); }
    fingers.set(event.pointerId, now);
    const after = [...fingers.values()], middle = (places, k) => places.reduce((sum, place) => sum + place[k], 0) / places.length;
    const reach = (places) => places.length < 2 ? 1 : Math.max(1, Math.hypot(places[0][0] - places[1][0], places[0][1] - places[1][1]));
    look(zoom, left + middle(before, 0) - middle(after, 0), top + middle(before, 1) - middle(after, 1));
    zoomBy(reach(after) / reach(before), middle(after, 0), middle(after, 1));
  });
  for (const end of ["pointerup", "pointercancel"]) map.addEventListener(end, (event) => fingers.delete(event.pointerId));
  map.addEventListener("pointerleave", () => { if (!dialog.open) leave(); });
  map.addEventListener("blur", () => { if (!dialog.open) leave(); });
  map.addEventListener("click", (event) => {
    const i = dragged ? undefined : hover(event);
    if (i !== undefined) open(i);
  });
  // A wheel scrolls the page, until the plane was clicked or Ctrl is held; a pinch on a touchpad is a wheel with Ctrl.
  map.addEventListener("wheel", (event) => {
    const held = event.ctrlKey || event.metaKey, before = zoom;
    if (!held && document.activeElement !== map) return;
    zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 0.01 : 0.002)), ...at(event));
    if (held || zoom !== before) event.preventDefault();
  }, { passive: false });
  const zooms = { "zoom-in": () => zoomBy(1.6), "zoom-out": () => zoomBy(1 / 1.6), "zoom-all": () => look(1, 0, 0) };
  for (const id in zooms) $(id).addEventListener("click", zooms[id]);
  const keys = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", "0": "zoom-all" };
  map.addEventListener("keydown", (event) => {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (way && event.shiftKey) look(zoom, left + way[0] * WIDTH / 4, top + way[1] * HEIGHT / 4);
    else if (way) step(...way);
    else if (keys[event.key]) {
      const [x, y] = current < 0 ? [] : [across(current), down(current)]; // what is pointed at stays where it is
      if (event.key === "0") look(1, 0, 0); else zoomBy(keys[event.key] === "zoom-in" ? 1.6 : 1 / 1.6, x, y);
      $("said-aloud").textContent = `zoom ${zoom.toFixed(1)}`;
    }
    else if (event.key === "Enter" && current >= 0) open(current);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault(); // Enter would go on to the dialog's own button
  });

  for (const sheet of sheets) sheet.addEventListener("load", redraw);
  new ResizeObserver(redraw).observe(map);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw());
  look(1, 0, 0);
  refresh();
  draw();
})(page);
