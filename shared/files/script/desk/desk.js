// The file desk's page: uploads straight to the bucket, and a list that keeps
// itself up to date while something is under way. The list itself is written by
// the server alone: what is new of it is fetched as a page and put in place.

const $ = (id) => document.getElementById(id);
const atOnce = 3; // uploads
const going = $('going');
const waiting = []; // uploads that are to begin
let running = 0;
const watched = new Set(); // ids of files sent from here that are not settled yet

// Words

function say(text) {
  $('news').textContent = text;
}

function complain(text) {
  $('trouble').textContent = text;
  $('trouble').hidden = !text;
}

// Talking to the server

async function api(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Error('The server cannot be reached. Check your connection and try again.');
  }
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const details = (answer.errors ?? []).map((e) => e.message).join('; ');
  throw Object.assign(new Error([answer.detail ?? `The server answered ${response.status}.`, details].filter(Boolean).join(' ')), {
    status: response.status,
  });
}

// fetch cannot tell how far a request has come; XMLHttpRequest can.
function put({ method, url, headers }, file, progress, signal) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(method, url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded);
    xhr.onload = () => (xhr.status < 300 ? resolve() : reject(new Error(`The file store refused the upload (${xhr.status}).`)));
    xhr.onerror = () => reject(new Error('The file store cannot be reached, or the file cannot be read any more. Try again.'));
    xhr.onabort = () => reject(new DOMException('Cancelled.', 'AbortError'));
    signal.addEventListener('abort', () => xhr.abort());
    xhr.send(file);
  });
}

// Uploads

function element(tag, properties = {}, ...children) {
  const e = Object.assign(document.createElement(tag), properties);
  e.append(...children);
  return e;
}

function enqueue(file) {
  const abort = new AbortController();
  const state = element('p', { className: 'soft', textContent: 'Waiting' });
  const bar = element('progress', { max: Math.max(file.size, 1), value: 0, ariaLabel: `Upload of ${file.name}` });
  const cancel = element('button', { type: 'button', className: 'quiet', textContent: 'Cancel' });
  const side = element('div', { className: 'side' }, cancel);
  const name = element('p', { className: 'name', title: file.name }, element('bdi', { textContent: file.name }));
  const row = element('li', { className: 'row' }, element('div', {}, name, state, bar), side);
  going.append(row);

  const upload = { file, abort, state, bar, row, side };
  cancel.onclick = () => {
    abort.abort();
    const i = waiting.indexOf(upload);
    if (i >= 0) {
      waiting.splice(i, 1);
      row.remove();
    }
  };
  waiting.push(upload);
  next();
}

function next() {
  while (running < atOnce && waiting.length) {
    running++;
    send(waiting.shift()).finally(() => {
      running--;
      next();
    });
  }
}

async function send({ file, abort, state, bar, row, side }) {
  let id;
  try {
    state.textContent = 'Uploading';
    const { file: registered, upload } = await api('POST', '/api/files', {
      name: file.name,
      size: file.size,
      type: file.type || undefined,
    });
    id = registered.id;
    abort.signal.throwIfAborted();
    if (upload) { // an empty file has nothing to be sent
      await put(upload, file, (sent) => {
        bar.value = sent;
        state.textContent = `Uploading, ${Math.floor((100 * sent) / file.size)} %`;
      }, abort.signal);
      await api('POST', `/api/files/${id}/complete`);
    }
  } catch (error) {
    if (id) api('DELETE', `/api/files/${id}`).catch(() => {}); // if that fails too, it is swept away in a day
    if (error.name === 'AbortError') {
      row.remove();
      return;
    }
    state.className = 'why';
    state.textContent = error.message;
    say(`${file.name} was not uploaded. ${error.message}`);
    bar.remove();
    const leave = (textContent, then) =>
      element('button', { type: 'button', className: 'quiet', textContent, onclick: () => (row.remove(), then?.()) });
    side.replaceChildren(element('div', { className: 'actions' }, leave('Try again', () => enqueue(file)), leave('Dismiss')));
    return;
  }
  row.remove();
  say(`${file.name} is uploaded and being processed.`);
  watched.add(id);
  poll();
}

const drop = $('drop');
let over = 0; // how many elements the mouse has entered with a file, one within the other

function take(files) {
  for (const file of files) enqueue(file);
}

$('files').addEventListener('change', (e) => {
  take([...e.target.files]);
  e.target.value = '';
});
// A file dropped beside the zone would else replace the page.
addEventListener('dragover', (e) => e.preventDefault());
addEventListener('dragenter', () => drop.classList.toggle('over', ++over > 0));
addEventListener('dragleave', () => drop.classList.toggle('over', --over > 0));
addEventListener('drop', (e) => {
  e.preventDefault();
  over = 0;
  drop.classList.remove('over');
  const items = [...(e.dataTransfer?.items ?? [])].filter((i) => i.kind === 'file');
  const folders = items.filter((i) => i.webkitGetAsEntry?.()?.isDirectory);
  complain(folders.length ? 'A folder cannot be uploaded. Drop the files that are in it.' : '');
  take(items.filter((i) => !folders.includes(i)).map((i) => i.getAsFile()).filter(Boolean));
});
addEventListener('beforeunload', (e) => {
  if (running || waiting.length) e.preventDefault();
});

// The list

const rows = () => [...document.querySelectorAll('#list [data-id]')];
const stateOf = (files) => files.map((f) => `${f.id} ${f.status}`).join();
const listed = () => stateOf(rows().map((r) => r.dataset));

// refresh fetches the page as it is now, and puts what differs in place.
async function refresh() {
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!response.ok) throw new Error('The list cannot be loaded at the moment.');
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html').getElementById('list');
  if (!fresh) return;
  const held = document.activeElement?.closest('#list [data-id]')?.id;
  const [shown, news] = [$('list'), fresh].map((list) => list.querySelector('.rows'));
  const [pages, newPages] = [$('list'), fresh].map((list) => list.querySelector('.pages')?.outerHTML);
  if (shown && news && pages === newPages) merge(shown, news);
  else $('list').replaceChildren(...fresh.childNodes);
  if (held && !document.activeElement?.closest('#list')) ($(held)?.querySelector('a, button') ?? $('list').querySelector('h2')).focus();
}

// merge makes the rows of shown those of news. What has not changed stays as it
// is, so that nothing flickers or loses the focus.
function merge(shown, news) {
  const old = new Map([...shown.children].map((row) => [row.id, row]));
  const merged = [...news.children].map((row) => {
    const before = old.get(row.id);
    const settled = { ready: 'is ready', failed: 'has failed' }[row.dataset.status];
    if (settled && before && before.dataset.status !== row.dataset.status) say(`${row.dataset.name} ${settled}.`);
    return before?.outerHTML === row.outerHTML ? before : row;
  });
  for (const row of old.values()) if (!merged.includes(row)) row.remove();
  merged.forEach((row, i) => shown.children[i] !== row && shown.insertBefore(row, shown.children[i] ?? null));
}

// settle forgets watched files that are ready, failed or gone.
async function settle(files) {
  for (const id of watched) {
    const file = files.find((f) => f.id === id) ?? (await api('GET', `/api/files/${id}`).catch((e) => (e.status === 404 ? {} : { status: 'processing' })));
    if (file.status !== 'processing') watched.delete(id);
  }
}

let timer;
let failures = 0;

// poll asks for the list every second while something on it is being processed.
async function poll() {
  clearTimeout(timer);
  const here = new URLSearchParams(location.search);
  const query = new URLSearchParams(['status', 'cursor'].filter((n) => here.get(n)).map((n) => [n, here.get(n)]));
  try {
    const { files } = await api('GET', `/api/files?${query}`);
    await settle(files);
    if (stateOf(files) !== listed()) await refresh();
    if (failures) complain('');
    failures = 0;
    if (!watched.size && !files.some((f) => f.status === 'processing')) return;
  } catch (error) {
    complain(error.message);
    failures++;
  }
  clearTimeout(timer);
  timer = setTimeout(poll, Math.min(1000 * 2 ** failures, 15000));
}

const isBusy = () => watched.size || rows().some((r) => r.dataset.status === 'processing');
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else if (isBusy()) poll();
});
if (isBusy()) poll();

document.addEventListener('submit', async (e) => {
  const form = e.target.closest('[data-remove]');
  if (!form) return;
  e.preventDefault();
  const { id, name } = form.closest('[data-id]').dataset;
  if (!confirm(`Delete “${name}”? This cannot be undone.`)) return;
  try {
    await api('DELETE', `/api/files/${id}`).catch((error) => {
      if (error.status !== 404) throw error;
    });
    watched.delete(id);
    await refresh();
    complain('');
    say(`${name} is deleted.`);
  } catch (error) {
    complain(error.message);
  }
});

document.addEventListener('click', async (e) => {
  const button = e.target.closest('[data-copy]');
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say('The checksum is copied.');
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector('code'));
    complain(`The browser does not allow copying. The checksum is ${button.dataset.copy}`);
  }
});
