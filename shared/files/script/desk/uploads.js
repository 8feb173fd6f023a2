// Uploads straight to the bucket, some at once. One that was cut off goes on where it was when
// the same file is chosen again. Each that has arrived is told of by the event desk:uploaded on
// the document, with the file's id as its detail.
import { $, api, complain, element, say } from './lib.js';
import { alone, elsewhere, find, forget, pending, remember } from './pending.js';
import { complete, newKey, register, sendParts, sendWhole } from './send.js';

const atOnce = 3; // uploads
const maxSize = 5 * 2 ** 30; // bytes
const going = $('going');
const waiting = []; // uploads that are to begin
let running = 0;

const button = (textContent, onclick) => element('button', { type: 'button', className: 'quiet', textContent, onclick });

// show adds a row for an upload and returns its parts.
function show(name, size, state, ...buttons) {
  const title = element('p', { className: 'name', title: name }, element('bdi', { textContent: name }));
  const status = element('p', { className: 'soft', textContent: state });
  const bar = element('progress', { max: Math.max(size, 1), value: 0, ariaLabel: `Upload of ${name}` });
  const side = element('div', { className: 'side' }, element('div', { className: 'actions' }, ...buttons));
  const row = element('li', { className: 'row' }, element('div', {}, title, status, bar), side);
  going.append(row);
  return { row, status, bar, side };
}

// discard has the server forget a file and what has arrived of it. If that fails, it is swept
// away in a day.
function discard(id) {
  forget(id);
  api('DELETE', `/api/files/${id}`).catch(() => {});
}

function enqueue(file, key = newKey()) {
  const abort = new AbortController();
  const upload = { file, key, abort, id: undefined };
  Object.assign(upload, show(file.name, file.size, 'Waiting', button('Cancel', () => {
    abort.abort();
    const i = waiting.indexOf(upload);
    if (i >= 0) waiting.splice(i, 1)[0].row.remove();
  })));
  waiting.push(upload);
  next();
}

function next() {
  while (running < atOnce && waiting.length) {
    running++;
    run(waiting.shift()).finally(() => {
      running--;
      next();
    });
  }
}

async function run(upload) {
  const { file, row } = upload;
  try {
    if (file.size > maxSize) throw new Error('It is larger than 5 GiB, which is the most that a file may have.');
    await begin(upload);
  } catch (error) {
    fail(upload, error);
    return;
  }
  forget(upload.id);
  row.remove();
  say(`${file.name} is uploaded and being processed.`);
  document.dispatchEvent(new CustomEvent('desk:uploaded', { detail: upload.id }));
}

// begin sends the file: the rest of it, if some has arrived already.
async function begin(upload) {
  const { file, key, abort, status, bar } = upload;
  const progress = (sent) => {
    bar.value = sent;
    status.textContent = `Uploading, ${Math.floor((100 * sent) / Math.max(file.size, 1))} %`;
  };
  status.textContent = 'Uploading';
  upload.id = await begun(file);
  let whole;
  if (!upload.id) {
    const registered = await register(file, key, abort.signal);
    upload.id = registered.file.id;
    whole = registered.upload;
    if (registered.parts) remember(file, upload.id);
    if (!whole && !registered.parts) return; // an empty file has nothing to be sent
  }
  upload.resumable = !whole;
  cutOff.get(upload.id)?.remove();
  abort.signal.throwIfAborted();
  await alone(upload.id, async () => {
    if (whole) await sendWhole(whole, file, progress, abort.signal);
    else await sendParts(upload.id, file, progress, abort.signal);
    await complete(upload.id, abort.signal);
  });
}

// begun returns the id of the file if an upload of it was cut off.
async function begun(file) {
  const id = find(file);
  if (!id) return undefined;
  try {
    if ((await api('GET', `/api/files/${id}`)).status === 'uploading') return id;
  } catch (error) {
    if (error.status !== 404) throw error;
  }
  forget(id);
  return undefined;
}

// fail says what went wrong. What has arrived of a large file is kept for another try.
function fail({ file, key, id, resumable, row, status, bar, side }, error) {
  const cancelled = error.name === 'AbortError';
  const kept = resumable && !error.busy;
  if (id && (cancelled || !resumable)) discard(id);
  if (cancelled) {
    row.remove();
    return;
  }
  status.className = 'why';
  status.textContent = error.message;
  say(`${file.name} was not uploaded. ${error.message}`);
  bar.remove();
  const leave = (text, then) => button(text, () => (row.remove(), then()));
  const again = id || error.status < 500 ? undefined : key; // it may have been registered, unheard
  side.replaceChildren(element('div', { className: 'actions' },
    leave('Try again', () => enqueue(file, again)), leave('Dismiss', () => kept && discard(id))));
}

const cutOff = new Map(); // rows of uploads that are to be chosen again, by id

// offer shows an upload that was cut off. One that has ended, or is not this user's, is forgotten.
async function offer({ id, name, size }) {
  if (await elsewhere(id)) return;
  const { status } = await api('GET', `/api/files/${id}`).catch(({ status }) => ({ status: status === 404 ? 'gone' : undefined }));
  if (status && status !== 'uploading') forget(id);
  if (status !== 'uploading' || cutOff.has(id)) return;
  const { row, bar } = show(name, size, 'Cut off. Choose this file again, and only what is missing is sent.',
    button('Choose it', () => $('files').click()),
    button('Discard', () => (row.remove(), discard(id))));
  bar.remove();
  cutOff.set(id, row);
}

for (const upload of pending()) offer(upload);

document.addEventListener('live:file-gone', ({ detail }) => {
  cutOff.get(detail.id)?.remove();
  forget(detail.id);
});

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
