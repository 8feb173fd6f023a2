// A file's page keeps itself up to date: each part that differs is replaced.
import { $, say } from './lib.js';
import './media.js';
import { mergeParts, refresher } from './page.js';

const { id } = $('file').dataset;

const refresh = refresher((page) => {
  if (!page.getElementById('file')) {
    document.querySelector('main').replaceWith(page.querySelector('main')); // it is gone
    return;
  }
  document.title = page.title;
  mergeParts(page);
  const { status, name } = page.getElementById('file').dataset;
  const settled = { ready: 'is ready', failed: 'has failed' }[status];
  if (settled && $('file').dataset.status !== status) say(`${name} ${settled}.`);
  Object.assign($('file').dataset, { status, name });
});

const about = (of) => ({ detail }) => detail[of] === id && refresh();
document.addEventListener('live:file', about('id'));
document.addEventListener('live:file-gone', about('id'));
document.addEventListener('live:shares', about('fileId'));
document.addEventListener('live:again', refresh);
