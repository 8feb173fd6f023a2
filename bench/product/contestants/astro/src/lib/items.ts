import { desc, eq, sql } from 'drizzle-orm'
import { db, item } from './db'

// Statements that are prepared once: Drizzle's own advice for speed.
const byKey = db.select().from(item).where(eq(item.id, sql.placeholder('id'))).prepare('item_by_key')
const byOwner = db.select().from(item).where(eq(item.owner, sql.placeholder('owner')))
  .orderBy(desc(item.id)).limit(sql.placeholder('limit')).prepare('item_by_owner')
const latest = db.select().from(item).orderBy(desc(item.id)).limit(20).prepare('item_latest')

export const one = async (id: string) => (await byKey.execute({ id }))[0]
export const of = (owner: string, limit: number) => byOwner.execute({ owner, limit })
export const newest = () => latest.execute()
