// The database, and the tables that this application asks for itself.
import { bigint, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import * as tables from './auth-schema'

export const item = pgTable(
  'item',
  {
    id: uuid().primaryKey(),
    owner: text().notNull(),
    name: text().notNull(),
    size: bigint({ mode: 'number' }).notNull(),
    status: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
  },
  (t) => [index('item_owner_id').on(t.owner, t.id)],
)

export const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.DATABASE_MAX_CONNS ?? 10),
})
export const db = drizzle(pool, { schema: { ...tables, item } })
