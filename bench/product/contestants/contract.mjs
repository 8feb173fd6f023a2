// What both contestants on Node check in the same way. z is the zod of the contestant.

/** The longest body, in bytes. */
export const maxBody = 1 << 20

/** The body of POST /api/echo; what it does not name is refused. */
export const order = (z) => {
  const text = (min, max) => z.string().min(min).max(max)
  return z.strictObject({
    customer: text(1, 100),
    currency: z.enum(['EUR', 'USD', 'GBP']),
    note: z.string().max(200).optional(),
    express: z.boolean(),
    tags: z.array(z.strictObject({ text: text(1, 20) })).max(10),
    address: z.strictObject({ street: text(1, 200), city: text(1, 200), zip: text(3, 12) }),
    items: z
      .array(z.strictObject({ sku: text(1, 40), quantity: z.int().min(1).max(1000), price: z.number().min(0).max(1e6) }))
      .min(1)
      .max(50),
  })
}

/** What the items of an order cost together. */
export const total = (order) => order.items.reduce((sum, item) => sum + item.quantity * item.price, 0)

/** How many items GET /api/mine answers with. */
export const limit = (z) => z.coerce.number().int().min(1).max(100).default(20)

/** A time as the page shows it: 2006-01-02 15:04:05. */
export const shown = (time) => time.toISOString().slice(0, 19).replace('T', ' ')
