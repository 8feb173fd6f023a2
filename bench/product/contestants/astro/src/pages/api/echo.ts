import type { APIRoute } from 'astro'
import { z } from 'zod'
import { maxBody, order, total } from '../../../../contract.mjs'
import { problem } from '../../lib/answer'

const body = order(z)

export const POST: APIRoute = async ({ request }) => {
  if (Number(request.headers.get('content-length')) > maxBody) return problem(413, 'The body is too long.')
  const read = body.safeParse(await request.json().catch(() => undefined))
  if (!read.success) return problem(422, read.error.issues)
  return Response.json({ ...read.data, total: total(read.data) })
}
