import { html } from 'hono/html'
import { shown } from '../contract.mjs'

/** The page of some items. */
export const page = (items) => html`<!DOCTYPE html>
<html lang="en">
	<head>
		<meta charset="utf-8"/>
		<meta name="viewport" content="width=device-width, initial-scale=1"/>
		<meta name="color-scheme" content="light dark"/>
		<title>Items · Desk</title>
		<link rel="icon" type="image/svg+xml" href="/assets/icon.svg"/>
		<link rel="stylesheet" href="/assets/ui.css"/>
	</head>
	<body>
		<a class="skip" href="#main">Skip to the content</a>
		<header class="top">
			<a class="brand" href="/">
				<img src="/assets/icon.svg" width="28" height="28" alt=""/>
				Desk
			</a>
			<nav class="who" aria-label="Account"><a href="/sign-in">Sign in</a></nav>
		</header>
		<main id="main">
			<h1>Items</h1>
			<table>
				<thead><tr><th>Id</th><th>Name</th><th>Size</th><th>Status</th><th>Created</th></tr></thead>
				<tbody>${items.map(row)}</tbody>
			</table>
		</main>
		<footer class="bottom">
			<p>Desk</p>
		</footer>
	</body>
</html>`

const row = (i) =>
  html`<tr><td>${i.id}</td><td>${i.name}</td><td>${i.size}</td><td class="${i.status}">${i.status}</td><td><time datetime="${i.createdAt.toISOString()}">${shown(i.createdAt)}</time></td></tr>`
