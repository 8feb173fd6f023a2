// What an application in production has around each request: an id, a log line, headers, and
// who is signed in where that matters.
import { randomUUID } from 'node:crypto'
import { defineMiddleware } from 'astro:middleware'
import pino from 'pino'
import { auth } from './lib/auth'
import { pool } from './lib/db'

const log = pino({ base: undefined, timestamp: pino.stdTimeFunctions.isoTime })

// The standalone server has no end of its own.
process.once('SIGTERM', () => pool.end().finally(() => process.exit(0)))

/** Paths that are for people who are signed in. */
const guarded = (path: string) => path === '/api/mine'

export const onRequest = defineMiddleware(async (context, next) => {
  const start = performance.now()
  const id = randomUUID()
  const { request, url } = context
  if (guarded(url.pathname)) {
    const found = await auth.api.getSession({ headers: request.headers })
    context.locals.user = found?.user
  }
  const response = await next()
  response.headers.set('x-request-id', id)
  response.headers.set('x-content-type-options', 'nosniff')
  log.info({ request_id: id, method: request.method, path: url.pathname, status: response.status,
    peer: context.clientAddress, ms: performance.now() - start }, 'request')
  return response
})
