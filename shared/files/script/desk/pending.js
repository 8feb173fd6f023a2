// Uploads in parts that are not complete, as this browser remembers them: what tells a file, and
// the id that it was registered with. A page cannot open the file again by itself.

const place = 'desk:uploads';
const most = 50;
const age = 24 * 3600 * 1000; // the server deletes what nobody has gone on with for so long

const same = (a, b) => a.name === b.name && a.size === b.size && a.modified === b.modified;
const facts = (file) => ({ name: file.name, size: file.size, modified: file.lastModified });

// kept is what the browser would not store: without that, an upload cannot be resumed after a
// reload, and that is all.
let kept;

// pending returns them, oldest first.
export function pending() {
  try {
    return (kept ?? JSON.parse(localStorage.getItem(place) ?? '[]')).filter((u) => Date.now() - u.at < age);
  } catch {
    return []; // not to be had, or not ours
  }
}

function keep(uploads) {
  const last = uploads.slice(-most);
  try {
    localStorage.setItem(place, JSON.stringify(last));
    kept = undefined;
  } catch {
    kept = last;
  }
}

export const find = (file) => pending().findLast((u) => same(u, facts(file)))?.id;
export const remember = (file, id) => keep([...pending().filter((u) => u.id !== id), { ...facts(file), id, at: Date.now() }]);
export const forget = (id) => keep(pending().filter((u) => u.id !== id));

// doubt remembers that a part is being sent, and trust that it was answered: there are stores that
// take a part that was cut off for a whole one. doubts returns the parts to be sent again.
const change = (id, again) => keep(pending().map((u) => (u.id === id ? { ...u, again: again(u.again ?? []), at: Date.now() } : u)));
export const doubt = (id, number) => change(id, (again) => [...new Set([...again, number])]);
export const trust = (id, number) => change(id, (again) => again.filter((n) => n !== number));
export const doubts = (id) => pending().find((u) => u.id === id)?.again ?? [];

const lock = (id) => `upload ${id}`;

// alone does work while nobody else in this browser is at this upload; if somebody is, it throws
// an error that is busy.
export function alone(id, work) {
  if (!navigator.locks) return work(); // only where the page came over https
  return navigator.locks.request(lock(id), { ifAvailable: true }, (held) => {
    if (!held) throw Object.assign(new Error('This file is being uploaded already, here or in another tab.'), { busy: true });
    return work();
  });
}

// elsewhere returns whether some tab is at this upload.
export async function elsewhere(id) {
  const { held } = (await navigator.locks?.query()) ?? { held: [] };
  return held.some((l) => l.name === lock(id));
}
