// Better Auth's tables, as its command line writes them for Drizzle.
import { bigint, boolean, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

const time = (name: string) => timestamp(name, { withTimezone: true })

export const user = pgTable('user', {
  id: text().primaryKey(),
  name: text().notNull(),
  email: text().notNull().unique(),
  emailVerified: boolean().notNull().default(false),
  image: text(),
  createdAt: time('createdAt').notNull().defaultNow(),
  updatedAt: time('updatedAt').notNull().defaultNow(),
})

export const session = pgTable('session', {
  id: text().primaryKey(),
  expiresAt: time('expiresAt').notNull(),
  token: text().notNull().unique(),
  createdAt: time('createdAt').notNull().defaultNow(),
  updatedAt: time('updatedAt').notNull(),
  ipAddress: text(),
  userAgent: text(),
  userId: text().notNull().references(() => user.id, { onDelete: 'cascade' }),
})

export const account = pgTable('account', {
  id: text().primaryKey(),
  accountId: text().notNull(),
  providerId: text().notNull(),
  userId: text().notNull().references(() => user.id, { onDelete: 'cascade' }),
  accessToken: text(),
  refreshToken: text(),
  idToken: text(),
  accessTokenExpiresAt: time('accessTokenExpiresAt'),
  refreshTokenExpiresAt: time('refreshTokenExpiresAt'),
  scope: text(),
  password: text(),
  createdAt: time('createdAt').notNull().defaultNow(),
  updatedAt: time('updatedAt').notNull(),
})

export const verification = pgTable('verification', {
  id: text().primaryKey(),
  identifier: text().notNull(),
  value: text().notNull(),
  expiresAt: time('expiresAt').notNull(),
  createdAt: time('createdAt').notNull().defaultNow(),
  updatedAt: time('updatedAt').notNull().defaultNow(),
})

export const rateLimit = pgTable('rateLimit', {
  id: text().primaryKey(),
  key: text().notNull().unique(),
  count: integer().notNull(),
  lastRequest: bigint({ mode: 'number' }).notNull(),
})
