// The file desk's page: uploads, and the list of files.
import './uploads.js';
import './list.js';
