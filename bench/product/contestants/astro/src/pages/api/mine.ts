import type { APIRoute } from 'astro'
import { z } from 'zod'
import { limit } from '../../../../contract.mjs'
import { problem } from '../../lib/answer'
import { of } from '../../lib/items'

const query = z.object({ limit: limit(z) })

export const GET: APIRoute = async ({ locals, url }) => {
  if (!locals.user) return problem(401, 'Sign in first.')
  const read = query.safeParse(Object.fromEntries(url.searchParams))
  if (!read.success) return problem(422, read.error.issues)
  return Response.json({ items: await of(locals.user.id, read.data.limit) })
}
