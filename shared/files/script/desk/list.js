// The list keeps itself up to date, and searches while one types.
import { $, api, complain, say } from './lib.js';
import { mergeParts, refresher, swap } from './page.js';

const list = $('list');
const find = $('find');
const rows = () => [...list.querySelectorAll('[data-id]')];
const refresh = refresher(merge);

// merge puts what differs in a fresh page in place, so that nothing flickers or loses the focus.
function merge(page) {
  const fresh = page.getElementById('list');
  const [shown, news] = [list, fresh].map((l) => l.querySelector('.rows'));
  if (shown && news && shown.className === news.className) mergeRows(shown, news);
  else (shown ?? list.querySelector('.empty')).replaceWith(news ?? fresh.querySelector('.empty'));
  const [pages, newPages] = [list, fresh].map((l) => l.querySelector('.pages'));
  if (!pages) list.append(newPages ?? '');
  else if (newPages) swap(pages, newPages);
  else pages.remove();
  mergeParts(page);
  searchOn();
}

function mergeRows(shown, news) {
  const old = new Map([...shown.children].map((row) => [row.id, row]));
  const held = document.activeElement?.closest('#list .row');
  const next = held?.nextElementSibling ?? held?.previousElementSibling;
  const merged = [...news.children].map((now) => {
    const before = old.get(now.id);
    if (!before || before.outerHTML === now.outerHTML) return before ?? now;
    const settled = { ready: 'is ready', failed: 'has failed' }[now.dataset.status];
    if (settled && before.dataset.status !== now.dataset.status) say(`${now.dataset.name} ${settled}.`);
    swap(before, now);
    return now;
  });
  for (const row of [...shown.children]) if (!merged.includes(row)) row.remove();
  merged.forEach((row, i) => shown.children[i] !== row && shown.insertBefore(row, shown.children[i] ?? null));
  if (held && !document.activeElement?.closest('#list')) $(next?.id)?.querySelector('.name a')?.focus();
}

// searchOn goes on with older files, where a search has looked at as many as it may and found none.
function searchOn() {
  const more = list.querySelector('a[data-partial]');
  if (more && !rows().length) show(more.href);
}

function show(address) {
  history.replaceState(null, '', address);
  refresh();
}

let typing;
function search(wait) {
  clearTimeout(typing);
  const asked = new URLSearchParams([...new FormData(find)].filter(([, value]) => value.trim()));
  typing = setTimeout(() => show(`/?${asked}`), wait);
}
find.addEventListener('input', () => search(200));
find.addEventListener('submit', (e) => {
  e.preventDefault();
  search(0);
});

// A message of a step under way changes nothing that the list shows.
document.addEventListener('live:file', ({ detail: { id, status, step } }) => {
  if (!step || $(`file-${id}`)?.dataset.status !== status) refresh();
});
for (const news of ['live:file-gone', 'live:again', 'desk:uploaded']) document.addEventListener(news, refresh);
addEventListener('pageshow', (e) => e.persisted && refresh());
searchOn();

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
    complain('');
    say(`${name} is deleted.`);
    refresh();
  } catch (error) {
    complain(error.message);
  }
});
