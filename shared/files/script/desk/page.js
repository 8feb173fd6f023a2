// Pages keep themselves up to date: they fetch themselves again and put in place what differs.
// The server alone writes HTML.
import { complain } from './lib.js';

const pause = 150; // milliseconds between two loads
const patience = 15000; // at most, after loads that failed

// refresher returns a function that has the page loaded and handed to merge: at once, or if a load is
// under way, once more after it. What could not be loaded is tried again.
export function refresher(merge) {
  let busy = false;
  let due = false;
  let failures = 0;
  const again = (wait) => setTimeout(() => ((busy = false), due && refresh()), wait);
  async function refresh() {
    due = true;
    if (busy) return;
    busy = true;
    due = false;
    try {
      merge(await load());
      if (failures) complain('');
      failures = 0;
      again(pause);
    } catch (error) {
      due = true;
      complain(error.message);
      again(Math.min(1000 * 2 ** failures++, patience));
    }
  }
  return refresh;
}

// load returns this page as it is now.
async function load() {
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => {});
  if (!response || (!response.ok && response.status !== 404)) throw new Error('This page cannot be brought up to date at the moment. It will be tried again.');
  if (response.redirected) {
    location.reload(); // to where one signs in
    return new Promise(() => {}); // nothing is to be shown meanwhile
  }
  return new DOMParser().parseFromString(await response.text(), 'text/html');
}

// mergeParts puts those parts of page in place that differ: in their key, if they have one.
export function mergeParts(page) {
  for (const old of document.querySelectorAll('[data-part]')) {
    const now = page.querySelector(`[data-part="${old.dataset.part}"]`);
    if (now && (old.dataset.key ?? old.outerHTML) !== (now.dataset.key ?? now.outerHTML)) swap(old, now);
  }
}

// swap puts now in the place of old, and the focus where it was.
export function swap(old, now) {
  const reachable = (e) => [...e.querySelectorAll('a, button, input, select, summary')];
  const held = reachable(old).indexOf(document.activeElement);
  old.replaceWith(now);
  if (held >= 0) reachable(now).at(held)?.focus();
}
