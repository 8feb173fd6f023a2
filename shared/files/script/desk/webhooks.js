// The pages of webhooks keep themselves up to date: each part that differs is replaced, and what is
// open stays open.
import { mergeParts, refresher } from './page.js';

const refresh = refresher((page) => {
  for (const { id } of document.querySelectorAll('details[open]')) page.getElementById(id)?.setAttribute('open', '');
  mergeParts(page);
});
for (const news of ['live:webhooks', 'live:again']) document.addEventListener(news, refresh);
