// The page of the shelf: it uploads, lists and deletes files, and follows what every other page does with them.

const $ = (id) => document.getElementById(id);
const clone = (id) => $(id).content.firstElementChild.cloneNode(true);
const address = (name) => `files/${encodeURIComponent(name)}`;
const showDate = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function showSize(bytes) {
  const steps = Math.min(3, Math.floor(Math.log10(bytes || 1) / 3));
  const unit = ["byte", "kilobyte", "megabyte", "gigabyte"][steps];
  const options = { style: "unit", unit, unitDisplay: steps ? "short" : "long", maximumSignificantDigits: 3 };
  return new Intl.NumberFormat(undefined, options).format(bytes / 1000 ** steps);
}

// ── What the server says ─────────────────────────────────────────────────────

async function call(path, options) {
  const response = await fetch(path, options).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Error(problem.detail ?? problem.title ?? `The server answered ${response.status}.`);
}

function complain(text) {
  $("errors").append(Object.assign(document.createElement("p"), { textContent: text }));
}

// ── The list ─────────────────────────────────────────────────────────────────

const rows = new Map();
let limit = Infinity;
let asked = 0;

async function showFiles() {
  const turn = ++asked;
  const list = await call("files");
  if (turn !== asked) return; // A later answer is there already.

  limit = list.file_limit;
  const count = ["No files yet", "1 file"][list.files.length] ?? `${list.files.length} files`;
  $("summary").textContent = `${count}, ${showSize(list.used)} of ${showSize(list.quota)}`;
  $("limit").textContent = `up to ${showSize(limit)} each`;

  const names = new Set(list.files.map((file) => file.name));
  for (const [name, row] of rows) {
    if (names.has(name)) continue;
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    if (row.contains(document.activeElement)) neighbour?.querySelector("button").focus();
    row.remove();
    rows.delete(name);
  }
  // Rows that stay are not touched, so nobody's focus is lost when somebody else's file comes.
  list.files.forEach((file, index) => {
    const row = rows.get(file.name) ?? makeRow(file.name);
    row.querySelector(".type").textContent = file.type.split(";")[0];
    row.querySelector(".size").textContent = showSize(file.size);
    row.querySelector("time").textContent = showDate.format(new Date(file.changed));
    row.querySelector("time").dateTime = file.changed;
    const there = $("files").rows[index];
    if (row !== there) $("files").insertBefore(row, there ?? null);
  });
}

function makeRow(name) {
  const row = clone("file");
  const link = row.querySelector("a");
  link.textContent = name;
  link.href = address(name);
  const button = row.querySelector("button");
  button.ariaLabel = `Delete ${name}`;
  button.addEventListener("click", () => remove(name));
  rows.set(name, row);
  return row;
}

async function remove(name) {
  if (!confirm(`Delete ${name}?`)) return;
  await call(address(name), { method: "DELETE" }).catch((error) => complain(`${name}: ${error.message}`));
}

// ── Uploads ──────────────────────────────────────────────────────────────────

async function upload(files) {
  $("errors").replaceChildren();
  for (const file of files) {
    // What no file can be called everywhere; the server refuses it.
    const name = file.name.replace(/\s/g, " ").replace(/[\\/:*?"<>|\p{C}]/gu, "_");
    try {
      if (file.size > limit) throw new Error(`It is larger than ${showSize(limit)}.`);
      await call(address(name), { method: "PUT", body: file });
    } catch (error) {
      complain(`${name}: ${error.message}`);
    }
  }
}

$("chosen").addEventListener("change", async ({ target }) => {
  const files = [...target.files];
  target.value = ""; // The same file may be chosen again.
  await upload(files);
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  $("drop").classList.add("over");
});
addEventListener("dragleave", () => $("drop").classList.remove("over"));
addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  upload([...event.dataTransfer.files]);
});

const bars = new Map();

function showUpload({ id, name, received, size, state }) {
  if (state !== "running") {
    bars.get(id)?.remove();
    bars.delete(id);
    return;
  }
  const bar = bars.get(id) ?? clone("upload");
  if (!bars.has(id)) $("uploads").append(bar);
  bars.set(id, bar);
  bar.querySelector(".name").textContent = name;
  Object.assign(bar.querySelector("progress"), { max: size || 1, value: received });
  bar.querySelector(".percent").textContent = `${Math.floor((100 * received) / (size || 1))} %`;
}

// ── What happens, here and on other pages ────────────────────────────────────

function showConnection(isLive) {
  $("connection").textContent = isLive ? "Live" : "Connecting …";
  $("connection").classList.toggle("live", isLive);
}

function connect() {
  const events = new EventSource("events");
  events.addEventListener("open", () => showConnection(true));
  events.addEventListener("error", () => {
    showConnection(false);
    // A browser comes back by itself, but not where something else answered, such as a proxy without its server.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  });
  events.addEventListener("reset", () => {
    $("uploads").replaceChildren();
    bars.clear();
    showFiles().catch((error) => complain(error.message));
  });
  events.addEventListener("files", () => showFiles().catch((error) => complain(error.message)));
  events.addEventListener("upload", ({ data }) => showUpload(JSON.parse(data)));
}

connect();
