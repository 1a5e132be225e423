"use strict";
const page = (() => {
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
  const bdi = (text) => make("bdi", "", text);
  const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

  // Sprites: the middle square of each picture, side by side on a few sheets.
  const SIDE = data.sprite_side, COLUMNS = data.sprite_columns, A_SHEET = COLUMNS * COLUMNS;
  const sheets = data.sheets.map((sheet) => Object.assign(new Image(), { src: "data:image/webp;base64," + sheet }));
  const isReady = (sheet) => sheet.complete && sheet.naturalWidth > 0;
  const hasSprite = (row) => data.sprite[row] >= 0 && isReady(sheets[Math.floor(data.sprite[row] / A_SHEET)]);
  function drawSprite(context, row, x, y, side) {
    const place = data.sprite[row] % A_SHEET, sheet = sheets[Math.floor(data.sprite[row] / A_SHEET)];
    context.drawImage(sheet, place % COLUMNS * SIDE, Math.floor(place / COLUMNS) * SIDE, SIDE, SIDE, x, y, side, side);
  }
  function sprite(row) {
    const small = make("canvas", "");
    small.width = small.height = SIDE;
    const paint = () => drawSprite(small.getContext("2d"), row, 0, 0, SIDE);
    if (hasSprite(row)) paint();
    else sheets[Math.floor(data.sprite[row] / A_SHEET)].addEventListener("load", paint);
    return small;
  }
  function frame(row) {
    const place = data.thumb[row];
    if (place < 0 && data.sprite[row] >= 0) return make("span", "frame", sprite(row));
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

  /* the pictures behind a cell, or around a point */
  const dialog = $("pictures");
  const MEANING = `Beside each label: its ${data.score_words}. The one given comes first, then the next best.`;
  function rowsOf(own, said) {
    const rows = [];
    for (let i = 0; i < data.true.length; i++) if (data.true[i] === own && data.said[i] === said) rows.push(i);
    return rows.sort((a, b) => data.sure[b] - data.sure[a] || (data.thumb[b] >= 0) - (data.thumb[a] >= 0));
  }
  function fill(own, said, chosen, rows, words, more, showMore) {
    const title = $("pictures-title");
    title.replaceChildren(bdi(data.labels[own]));
    if (own === said) title.append(", named right");
    else title.append(" taken for ", bdi(data.labels[said]));
    $("pictures-count").textContent = `${words}. ${MEANING}`;
    $("found").replaceChildren(...rows.map((row) => {
      const card = make("li", mark(row), frame(row), ...verdict(row), others(row), make("span", "id", bdi(data.ids[row])));
      if (row === chosen) card.classList.add("chosen");
      return card;
    }));
    $("all").hidden = !more;
    $("all").textContent = more;
    $("all").onclick = () => { showMore(); dialog.scrollTop = 0; };
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }
  function showCell(own, said, chosen, most = data.a_cell) {
    const rows = rowsOf(own, said), rest = rows.length - Math.min(rows.length, most);
    if (chosen !== undefined) rows.unshift(...rows.splice(rows.indexOf(chosen), 1));
    const words = plural(rows.length, "picture") + (rows.length > 1 ? ", the surest first" : "");
    const more = rest && `Show the rest (${plural(rest, "picture")})`;
    fill(own, said, chosen, rows.slice(0, most), words, more, () => showCell(own, said, chosen, rows.length));
  }
  function showPoint(row, near) {
    const own = data.true[row], said = data.said[row], words = `This picture, and the ${near.length} nearest to it in the plane`;
    const more = `Show all pictures of its kind (${rowsOf(own, said).length.toLocaleString("en")})`;
    fill(own, said, row, [row, ...near], words, more, () => showCell(own, said, row));
  }
  for (const button of document.querySelectorAll(".confusion button")) {
    button.addEventListener("click", () => showCell(Number(button.dataset.own), Number(button.dataset.said)));
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

  return { data, $, make, bdi, frame, verdict, others, mark, dialog, sheets, SIDE, hasSprite, drawSprite, sprite, showPoint };
})();
