"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  document.documentElement.classList.add("scripted");

  // Names come from files and folders of anyone's: they enter the page as text only, never as HTML.
  function make(tag, name, ...parts) {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...parts);
    return node;
  }
  function shape(tag, attributes) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const key in attributes) node.setAttribute(key, attributes[key]);
    return node;
  }
  const bdi = (text) => make("bdi", "", text);
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

  function frame(row) {
    const place = data.thumb[row];
    if (place < 0) {
      return make("span", "frame gone", place === -2 ? "picture is gone" : "no room for it in this page");
    }
    const image = make("img", "");
    image.alt = "";
    image.src = "data:image/webp;base64," + data.thumbs[place];
    const enlarged = make("span", "frame zoom", image);
    enlarged.tabIndex = 0;
    return enlarged;
  }
  document.addEventListener("keydown", (event) => {
    const zoomed = document.activeElement;
    if (event.key !== "Escape" || !zoomed.matches(".zoom")) return;
    event.preventDefault(); // the picture shrinks, and the dialog that it lies in stays
    zoomed.blur();
  });
  function verdict(row) {
    const [said, score] = data.best[row];
    const number = make("span", "score", score);
    number.title = data.score_words;
    const parts = [make("span", "name", bdi(data.labels[said]), " ", number)];
    if (data.true[row] !== said) parts.push(make("span", "own", "is ", bdi(data.labels[data.true[row]])));
    return parts;
  }
  function others(row) {
    const line = make("span", "others");
    for (let i = 2; i < data.best[row].length; i += 2) {
      if (i > 2) line.append(", ");
      line.append(bdi(data.short[data.best[row][i]]), " " + data.best[row][i + 1]);
    }
    return line;
  }
  const mark = (row) => (data.true[row] === data.said[row] ? "right" : "wrong");

  /* the pictures behind a cell */
  const dialog = $("pictures");
  function rowsOf(own, said) {
    const rows = [];
    for (let i = 0; i < data.true.length; i++) if (data.true[i] === own && data.said[i] === said) rows.push(i);
    return rows.sort((a, b) => data.sure[b] - data.sure[a] || (data.thumb[b] >= 0) - (data.thumb[a] >= 0));
  }
  function open(own, said, chosen) {
    const rows = rowsOf(own, said);
    if (chosen !== undefined) rows.unshift(...rows.splice(rows.indexOf(chosen), 1));
    show(own, said, chosen, rows, data.a_cell);
    dialog.showModal();
    dialog.scrollTop = 0;
  }
  function show(own, said, chosen, rows, most) {
    const shown = rows.slice(0, most);
    const title = $("pictures-title");
    title.replaceChildren(bdi(data.labels[own]));
    if (own === said) title.append(", named right");
    else title.append(" taken for ", bdi(data.labels[said]));
    const rest = rows.length - shown.length;
    $("pictures-count").textContent =
      plural(rows.length, "picture") + (rows.length > 1 ? ", the surest first" : "") +
      `. Beside each label: its ${data.score_words}. The one given comes first, then the next best.`;
    $("found").replaceChildren(...shown.map((row) => {
      const card = make("li", mark(row), frame(row), verdict(row)[0], others(row), make("span", "id", bdi(data.ids[row])));
      if (row === chosen) card.classList.add("chosen");
      return card;
    }));
    $("all").hidden = !rest;
    $("all").textContent = `Show the rest (${plural(rest, "picture")})`;
    $("all").onclick = () => show(own, said, chosen, rows, rows.length);
  }
  for (const button of document.querySelectorAll(".confusion button")) {
    button.addEventListener("click", () => open(Number(button.dataset.own), Number(button.dataset.said)));
  }
  $("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  /* tables: what is too wide, what is sorted, and what is held back */
  for (const box of document.querySelectorAll(".cue")) {
    box.classList.toggle("wider", box.scrollWidth > box.clientWidth + 1);
  }
  const rest = document.querySelector(".rest");
  function holdBack(table) {
    const first = rest ? Number(rest.dataset.first) : Infinity;
    [...table.tBodies[0].rows].forEach((row, i) => row.classList.toggle("held", i >= first));
  }
  for (const table of document.querySelectorAll(".sortable")) {
    const heads = [...table.tHead.rows[0].cells], rows = [...table.tBodies[0].rows];
    const number = (row, i) => parseFloat(row.cells[i].textContent.replace(/,/g, ""));
    heads.forEach((head, i) => {
      const button = make("button", "", ...head.childNodes);
      button.type = "button";
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const way = down ? -1 : 1;
        rows.sort((a, b) => {
          if (i === 0) return way * a.cells[0].textContent.localeCompare(b.cells[0].textContent);
          const [x, y] = [number(a, i), number(b, i)];
          return isNaN(x) || isNaN(y) ? isNaN(x) - isNaN(y) : way * (x - y); // what has no number comes last
        });
        table.tBodies[0].append(...rows);
        holdBack(table);
      });
    });
    holdBack(table);
    if (rest) rest.addEventListener("click", () => { rest.dataset.first = rows.length; holdBack(table); rest.hidden = true; });
  }

  /* the projection */
  const map = $("map");
  if (!map || !data.x) return;
  const WIDTH = Math.max(320, map.clientWidth), HEIGHT = Math.round(WIDTH / data.aspect), EDGE = 24;
  const n = data.x.length, many = data.labels.length > 8;
  const size = Math.max(2, Math.min(6, 0.18 * WIDTH / Math.sqrt(n)));
  const X = data.x.map((v) => EDGE + v * (WIDTH - 2 * EDGE));
  const Y = data.y.map((v) => EDGE + v * (HEIGHT - 2 * EDGE));
  map.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
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
  // Where a colour comes round again, the shape differs: as `marker` in palette.py.
  function dot(label, x, y, s, attributes) {
    const kind = (label >> 3) % 6;
    if (kind === 0) return shape("circle", { cx: x, cy: y, r: s, ...attributes });
    const corners = [[], [45, 135, 225, 315], [270, 30, 150], [0, 90, 180, 270], [90, 210, 330], [270, 342, 54, 126, 198]][kind];
    const points = corners.map((a) => `${x + 1.25 * s * Math.cos(a * Math.PI / 180)},${y + 1.25 * s * Math.sin(a * Math.PI / 180)}`);
    return shape("polygon", { points: points.join(" "), ...attributes });
  }

  const groups = data.labels.map((_, label) => shape("g", { "data-label": label }));
  const points = new Array(n);
  for (const wrong of [false, true]) {
    for (let i = 0; i < n; i++) {
      if ((data.true[i] !== data.said[i]) !== wrong) continue;
      const colour = data.colours[data.true[i]];
      if (wrong) {
        const s = size * 0.85;
        const path = `M${X[i] - s} ${Y[i] - s}l${2 * s} ${2 * s}m0 ${-2 * s}l${-2 * s} ${2 * s}`;
        points[i] = shape("g", {});
        if (many) points[i].append(dot(data.true[i], X[i], Y[i], size * 1.3, { fill: "none", stroke: colour, "stroke-width": 1.3 }));
        points[i].append(shape("path", { d: path, class: "cross under" }), shape("path", { d: path, class: "cross", stroke: colour }));
      } else {
        points[i] = dot(data.true[i], X[i], Y[i], size, { class: "dot", fill: colour });
      }
      groups[data.true[i]].append(points[i]);
    }
  }
  const here = shape("circle", { class: "here", r: size + 4, visibility: "hidden" });
  map.append(...groups, here);

  if (many && WIDTH > 520) {
    // Colours repeat: write each name amid its points, moved up or down off those already written.
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    const taken = [];
    const of = data.short.map(() => []);
    data.true.forEach((label, i) => of[label].push(i));
    // A thousand names would hide the points: the largest labels have theirs, as in projection.png.
    const largest = [...of.keys()].sort((a, b) => of[b].length - of[a].length || a - b).slice(0, data.most_names);
    largest.sort((a, b) => a - b).forEach((label) => {
      const name = data.short[label], rows = of[label];
      if (!rows.length) return;
      const x = median(rows.map((i) => X[i])), y = median(rows.map((i) => Y[i])), half = name.length * 4;
      let at = y;
      for (let k = 0; k < 30; k++) {
        at = y + (k % 2 ? -1 : 1) * Math.ceil(k / 2) * 8;
        if (!taken.some((t) => Math.abs(t.at - at) < 15 && Math.abs(t.x - x) < t.half + half)) break;
      }
      taken.push({ x, at, half });
      const text = shape("text", { x, y: at + 4 });
      text.textContent = name;
      map.insertBefore(text, here);
    });
  }

  let only = null, wrongOnly = false, current = -1;
  const visible = (i) => (only === null || data.true[i] === only) && (!wrongOnly || data.true[i] !== data.said[i]);
  function refresh() {
    for (let i = 0; i < n; i++) points[i].classList.toggle("off", !visible(i));
    for (const button of $("legend").children) {
      button.setAttribute("aria-pressed", String(button.dataset.label === undefined ? wrongOnly : Number(button.dataset.label) === only));
    }
    if (current >= 0 && !visible(current)) leave();
  }
  data.labels.forEach((name, label) => {
    const mark = shape("svg", { viewBox: "0 0 12 12" });
    mark.append(dot(label, 6, 6, 5.5, { fill: data.colours[label] }));
    const count = data.true.filter((t) => t === label).length;
    const button = make("button", "", mark, bdi(name), make("span", "count", count.toLocaleString("en")));
    button.type = "button";
    button.dataset.label = label;
    button.addEventListener("click", () => { only = only === label ? null : label; refresh(); });
    $("legend").append(button);
  });
  const wrongs = data.true.filter((t, i) => t !== data.said[i]).length;
  const button = make("button", "wrongs", "Only the wrong ones", make("span", "count", wrongs.toLocaleString("en")));
  button.type = "button";
  button.addEventListener("click", () => { wrongOnly = !wrongOnly; refresh(); });
  $("legend").append(button);
  refresh();

  const tip = $("tip");
  function leave() {
    current = -1;
    tip.hidden = true;
    here.setAttribute("visibility", "hidden");
  }
  function visit(i, aloud) {
    if (i === current) return;
    current = i;
    here.setAttribute("cx", X[i]);
    here.setAttribute("cy", Y[i]);
    here.setAttribute("visibility", "visible");
    tip.className = mark(i);
    const meaning = make("span", "others", data.score_words);
    tip.replaceChildren(frame(i), ...verdict(i), meaning, make("span", "id", bdi(data.ids[i])));
    tip.hidden = false;
    const box = map.getBoundingClientRect(), scale = box.width / WIDTH;
    const x = X[i] * scale, y = Y[i] * scale, gap = 16;
    const left = x + gap + tip.offsetWidth <= box.width ? x + gap : x - gap - tip.offsetWidth;
    tip.style.left = Math.max(4, Math.min(left, box.width - tip.offsetWidth - 4)) + "px";
    tip.style.top = Math.max(4, Math.min(y - tip.offsetHeight / 2, box.height - tip.offsetHeight - 4)) + "px";
    if (aloud) {
      const own = data.labels[data.true[i]], said = data.labels[data.said[i]];
      $("said-aloud").textContent = `${data.ids[i]}: ${own === said ? own + ", named right" : own + ", taken for " + said}`;
    }
  }
  function nearest(event) {
    const box = map.getBoundingClientRect(), scale = WIDTH / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    let best = -1, least = (26 * scale) ** 2;
    for (let i = 0; i < n; i++) {
      const distance = (X[i] - x) ** 2 + (Y[i] - y) ** 2;
      if (distance < least && visible(i)) { best = i; least = distance; }
    }
    return best;
  }
  function step(dx, dy) {
    // The nearest point within the quadrant that the arrow points to; the first time, the leftmost point.
    let best = -1, least = Infinity;
    for (let i = 0; i < n; i++) {
      if (i === current || !visible(i)) continue;
      const x = current < 0 ? X[i] : X[i] - X[current], y = current < 0 ? 0 : Y[i] - Y[current];
      const along = current < 0 ? 1 : x * dx + y * dy, across = Math.abs(x * dy) + Math.abs(y * dx);
      if (along < across || along + across === 0) continue;
      const distance = current < 0 ? x : along + 2 * across;
      if (distance < least) { best = i; least = distance; }
    }
    if (best >= 0) visit(best, true);
  }
  map.addEventListener("pointermove", (event) => { const i = nearest(event); if (i >= 0) visit(i); else leave(); });
  map.addEventListener("pointerleave", leave);
  map.addEventListener("blur", () => { if (!dialog.open) leave(); });
  map.addEventListener("click", (event) => {
    const i = nearest(event);
    if (i >= 0) open(data.true[i], data.said[i], i);
  });
  map.addEventListener("keydown", (event) => {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (way) { event.preventDefault(); step(...way); }
    else if (event.key === "Enter" && current >= 0) {
      event.preventDefault(); // or the same key press would go on to the dialog's own button
      open(data.true[current], data.said[current], current);
    }
    else if (event.key === "Escape") leave();
  });
})();
