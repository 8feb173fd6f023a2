// The benchmark's work on Hono, bare: no log, no deadline, no request id, no metrics. It
// looks sessions up with one statement of its own where an application would ask Better Auth.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie } from 'hono/cookie'
import pg from 'pg'
import { z } from 'zod'
import { limit, maxBody, order, total } from '../contract.mjs'
import { page } from './page.mjs'

const { HOST, PORT, DATABASE_URL, DATABASE_MAX_CONNS, BETTER_AUTH_SECRET } = process.env
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(DATABASE_MAX_CONNS ?? 10) })
/** Asks with a statement that each connection prepares once, by its name. */
const ask = async (name, text, values) => (await pool.query({ name, text, values })).rows

const columns = 'id, owner, name, size, status, created_at AS "createdAt"'
const byKey = `SELECT ${columns} FROM item WHERE id = $1`
const byOwner = `SELECT ${columns} FROM item WHERE owner = $1 ORDER BY id DESC LIMIT $2`
const newest = `SELECT ${columns} FROM item ORDER BY id DESC LIMIT 20`
const bySession = `SELECT u.id FROM session s JOIN "user" u ON u.id = s."userId" WHERE s.token = $1 AND s."expiresAt" > now()`

const body = order(z)
const uuid = z.uuid()
const query = z.object({ limit: limit(z) })

const app = new Hono()

app.get('/livez', (c) => c.body(null, 200))

app.get('/api/ping', (c) => c.json({ ok: true }))

app.post('/api/echo', bodyLimit({ maxSize: maxBody }), async (c) => {
  const read = body.safeParse(await c.req.json().catch(() => undefined))
  if (!read.success) return c.json({ errors: read.error.issues }, 422)
  return c.json({ ...read.data, total: total(read.data) })
})

app.get('/api/items/:id', async (c) => {
  const id = uuid.safeParse(c.req.param('id'))
  if (!id.success) return c.json({ error: 'The id is no UUID.' }, 422)
  const [item] = await ask('byKey', byKey, [id.data])
  return item ? c.json(item) : c.json({ error: 'There is no such item.' }, 404)
})

app.get('/api/mine', async (c) => {
  const user = await signedIn(getCookie(c, 'better-auth.session_token'))
  if (!user) return c.json({ error: 'Sign in first.' }, 401)
  const read = query.safeParse(c.req.query())
  if (!read.success) return c.json({ errors: read.error.issues }, 422)
  const items = await ask('byOwner', byOwner, [user, read.data.limit])
  return c.json({ items })
})

app.get('/items', async (c) => c.html(page(await ask('newest', newest, []))))

/** Returns the id of the user whose session the signed cookie names, as Better Auth signs it. */
async function signedIn(cookie) {
  const dot = cookie?.lastIndexOf('.') ?? -1
  if (dot < 1) return
  const token = cookie.slice(0, dot)
  const want = createHmac('sha256', BETTER_AUTH_SECRET).update(token).digest()
  const have = Buffer.from(cookie.slice(dot + 1), 'base64')
  if (have.length !== want.length || !timingSafeEqual(have, want)) return
  const [row] = await ask('bySession', bySession, [token])
  return row?.id
}

const server = serve({ fetch: app.fetch, hostname: HOST, port: Number(PORT) })
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  pool.end()
})
