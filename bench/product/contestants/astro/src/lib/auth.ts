import { drizzleAdapter } from 'better-auth/adapters/drizzle'
import { betterAuth } from 'better-auth'
import * as schema from './auth-schema'
import { db } from './db'

/** Whether a signed cookie saves the question to the database; the name is that of the router's variable. */
const cookieCache = (process.env.AUTH_COOKIE_CACHE ?? 'off') !== 'off'

export const auth = betterAuth({
  baseURL: process.env.BETTER_AUTH_URL,
  secret: process.env.BETTER_AUTH_SECRET,
  database: drizzleAdapter(db, { provider: 'pg', schema }),
  emailAndPassword: { enabled: true },
  session: { cookieCache: { enabled: cookieCache, maxAge: 5 * 60 } },
  rateLimit: { storage: 'database' },
  telemetry: { enabled: false },
})
