
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const token = new URLSearchParams(location.hash.slice(1)).get("token") || "";
  const AT_ONCE = 4; // a browser has six connections to a server
  const waiting = [], cards = [];
  let sending = 0, shown = 0, pasted = 0, model = null;

  const make = (tag, name, ...inside) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...inside);
    return element;
  };
  const button = (text, act) => {
    const made = make("button", "", text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  const aloud = (text) => { $("aloud").textContent = text; };
  function trouble(text) {
    $("trouble").textContent = text;
    $("trouble").hidden = !text;
  }

  // The model

  async function ask() {
    let answer;
    try {
      answer = await fetch("/v1/model", { headers: { Authorization: `Bearer ${token}` } });
    } catch {
      trouble("styleid does not answer. Start `styleid serve` again, and open the address that it says.");
      return;
    }
    if (answer.status === 401) {
      trouble("This address lacks the token of this server. Open the whole address that `styleid serve` said.");
      return;
    }
    model = await answer.json();
    trouble("");
    const names = model.labels.slice(0, 12).join(", "), more = model.labels.length - 12;
    $("model").textContent = `knows ${model.labels.length} hands: ${names}${more > 0 ? ` and ${more} more` : ""}`;
    $("formats").textContent = `${model.formats.map((name) => name.toUpperCase()).join(", ")}; up to ${megabytes(model.max_bytes)} and ${Math.round(model.max_pixels / 1e6)} million pixels each.`;
    next();
  }
  const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

  // One picture

  function add(files) {
    [...files].forEach((file, i) => {
      const card = { file, fragment: "", first: i === 0, state: "waiting" };
      card.url = URL.createObjectURL(file);
      const image = make("img");
      image.alt = "";
      image.src = card.url;
      image.addEventListener("error", () => { card.seen.textContent = "no preview of this format"; });
      card.seen = make("span", "seen", image);
      card.title = make("h2", "", make("bdi", "", file.name));
      card.title.tabIndex = -1;
      card.said = make("p", "state quiet", "Waits");
      card.bar = make("progress");
      card.bar.setAttribute("aria-label", `Progress of ${file.name}`);
      card.bar.max = 1;
      card.tools = make("div", "tools", button("Remove", () => remove(card)));
      card.tools.lastChild.setAttribute("aria-label", `Remove ${file.name}`);
      const words = make("div", "", card.title, card.said, card.bar);
      card.item = make("li", "reply", make("div", "top", card.seen, words, card.tools));
      $("answers").append(card.item);
      cards.push(card);
      waiting.push(card);
    });
    count();
    next();
  }

  function next() {
    while (model && sending < AT_ONCE && waiting.length) send(waiting.shift());
  }

  function send(card) {
    if (card.file.size > model.max_bytes) {
      fail(card, `expected at most ${megabytes(model.max_bytes)}, found ${megabytes(card.file.size)}; \`styleid predict\` takes larger ones`);
      return;
    }
    sending += 1;
    const request = new XMLHttpRequest();
    card.request = request;
    card.state = "sent";
    request.open("PUT", "/v1/predict?html=1");
    request.responseType = "json";
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-Picture-Name", encodeURIComponent(card.file.name.toWellFormed?.() ?? card.file.name));
    card.said.textContent = "Is sent";
    request.upload.addEventListener("progress", (event) => { card.bar.value = event.loaded / event.total; });
    request.upload.addEventListener("load", () => {
      card.bar.removeAttribute("value");
      card.said.textContent = "Is looked at";
    });
    request.addEventListener("loadend", () => {
      sending -= 1;
      card.request = null;
      if (card.state === "removed") { next(); return; }
      const answer = request.response;
      if (request.status === 200 && answer) show(card, answer);
      else if (answer && answer.error) fail(card, answer.error.message);
      else if (request.status) fail(card, "styleid failed at this picture; its terminal says why.");
      else fail(card, "no answer came. Is the file still there, and does `styleid serve` still run?", true);
      next();
    });
    request.send(card.file);
  }

  function show(card, answer) {
    card.state = "answered";
    card.bar.remove();
    card.said.className = "state";
    card.said.textContent = answer.said;
    // The same picture may be here twice, and names within a page must not.
    const key = /id="sheet-(\w+)"/.exec(answer.html)?.[1];
    card.fragment = answer.html.replaceAll(`-${key}"`, `-${key}-${++shown}"`)
      .replaceAll(/<section aria-labelledby="[^"]*">/g, "<section>"); // one article is one place to go to
    const sheet = make("div");
    sheet.innerHTML = card.fragment; // every name in it was escaped by the server
    card.sheet = make("details", "", make("summary", "", "Why: the evidence"), sheet);
    card.sheet.open = card.first;
    card.item.append(card.sheet);
    activate(sheet);
    const save = button("Save as page", () => store([card]));
    save.setAttribute("aria-label", `Save as page: ${card.file.name}`);
    card.tools.prepend(save);
    aloud(`${card.file.name}: ${card.said.textContent}`);
    count();
  }

  function fail(card, reason, again = false) {
    card.state = "failed";
    card.bar.remove();
    card.item.classList.add("failed");
    card.said.className = "state";
    card.said.textContent = `Not judged: ${reason}`;
    if (again && !card.tried) {
      card.tried = button("Try again", () => {
        card.tried.remove();
        card.tried = null;
        card.item.classList.remove("failed");
        card.said.className = "state quiet";
        card.said.textContent = "Waits";
        card.said.after(card.bar);
        card.state = "waiting";
        waiting.push(card);
        count();
        next();
      });
      card.tools.prepend(card.tried);
    }
    aloud(`${card.file.name}: ${card.said.textContent}`);
    count();
  }

  function remove(card) {
    const place = cards.indexOf(card);
    card.state = "removed";
    if (card.request) card.request.abort();
    cards.splice(place, 1);
    if (waiting.includes(card)) waiting.splice(waiting.indexOf(card), 1);
    URL.revokeObjectURL(card.url);
    card.item.remove();
    count();
    const near = cards[Math.min(place, cards.length - 1)];
    (near ? near.title : $("file")).focus();
  }

  function count() {
    const done = cards.filter((card) => card.fragment).length;
    const failed = cards.filter((card) => card.state === "failed").length;
    $("answered").hidden = !cards.length;
    $("count").textContent = `${done} of ${cards.length}${failed ? `, ${failed} without one` : ""}`;
    $("save-all").disabled = !done;
  }

  // Saving: a page that opens offline, of what is shown here

  function store(chosen) {
    const html = model.frame.replace("<!-- sheets -->", () => chosen.map((card) => card.fragment).join("\n"));
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([html], { type: "text/html" }));
    link.download = chosen.length === 1 ? `${chosen[0].file.name.replace(/\.[^.]*$/, "")}.html` : "verdicts.html";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  // Pictures come in by three doors

  $("file").addEventListener("change", () => {
    add($("file").files);
    $("file").value = ""; // the same one may be chosen again
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dragging");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dragging");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dragging");
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const folders = items.map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry?.isDirectory).map((entry) => entry.name);
    const files = [...event.dataTransfer.files].filter((file) => !folders.includes(file.name));
    add(files);
    trouble(folders.length ? `A folder cannot be dropped here: ${folders.join(", ")}. Open it and choose its pictures.` : files.length ? "" : "No picture was in what was dropped. Save it first, then drop the file.");
  });
  addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    add(files.map((file) => new File([file], file.name === "image.png" ? `pasted ${++pasted}.png` : file.name, { type: file.type })));
    trouble(files.length ? "" : "No picture was in what was pasted.");
  });
  $("save-all").addEventListener("click", () => store(cards.filter((card) => card.fragment)));
  $("clear").addEventListener("click", () => { while (cards.length) remove(cards[0]); });
  addEventListener("hashchange", () => location.reload());
  ask();
})();
