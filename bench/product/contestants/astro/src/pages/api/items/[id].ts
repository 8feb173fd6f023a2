import type { APIRoute } from 'astro'
import { z } from 'zod'
import { problem } from '../../../lib/answer'
import { one } from '../../../lib/items'

const uuid = z.uuid()

export const GET: APIRoute = async ({ params }) => {
  const id = uuid.safeParse(params.id)
  if (!id.success) return problem(422, 'The id is no UUID.')
  const item = await one(id.data)
  return item ? Response.json(item) : problem(404, 'There is no such item.')
}
