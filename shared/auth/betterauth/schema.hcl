// Better Auth's tables, as version 1.7 makes them itself: a Node server may use the
// same database. It refuses to start if a column is missing, or if there is one
// more that must be given a value.

table "user" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "name" {
    type = text
  }
  // In lower case.
  column "email" {
    type = text
  }
  column "emailVerified" {
    type = boolean
  }
  column "image" {
    type = text
    null = true
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  primary_key {
    columns = [column.id]
  }
  unique "user_email_key" {
    columns = [column.email]
  }
}

table "session" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "expiresAt" {
    type = timestamptz
  }
  column "token" {
    type = text
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type = timestamptz
  }
  column "ipAddress" {
    type = text
    null = true
  }
  column "userAgent" {
    type = text
    null = true
  }
  column "userId" {
    type = text
  }
  primary_key {
    columns = [column.id]
  }
  unique "session_token_key" {
    columns = [column.token]
  }
  index "session_userId_idx" {
    columns = [column.userId]
  }
  foreign_key "session_userId_fkey" {
    columns     = [column.userId]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
}

// The ways in which a user signs in.
table "account" {
  schema = schema.public
  column "id" {
    type = text
  }
  // Who the user is there; of a password, the user's id.
  column "accountId" {
    type = text
  }
  // "credential" is a password.
  column "providerId" {
    type = text
  }
  column "userId" {
    type = text
  }
  column "accessToken" {
    type = text
    null = true
  }
  column "refreshToken" {
    type = text
    null = true
  }
  column "idToken" {
    type = text
    null = true
  }
  column "accessTokenExpiresAt" {
    type = timestamptz
    null = true
  }
  column "refreshTokenExpiresAt" {
    type = timestamptz
    null = true
  }
  column "scope" {
    type = text
    null = true
  }
  // The password's hash.
  column "password" {
    type = text
    null = true
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type = timestamptz
  }
  primary_key {
    columns = [column.id]
  }
  index "account_userId_idx" {
    columns = [column.userId]
  }
  foreign_key "account_userId_fkey" {
    columns     = [column.userId]
    ref_columns = [table.user.column.id]
    on_delete   = CASCADE
  }
}

// Tokens that were mailed, and sign-ins with a provider that are under way.
table "verification" {
  schema = schema.public
  column "id" {
    type = text
  }
  column "identifier" {
    type = text
  }
  column "value" {
    type = text
  }
  column "expiresAt" {
    type = timestamptz
  }
  column "createdAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  column "updatedAt" {
    type    = timestamptz
    default = sql("CURRENT_TIMESTAMP")
  }
  primary_key {
    columns = [column.id]
  }
  index "verification_identifier_idx" {
    columns = [column.identifier]
  }
}

table "rateLimit" {
  schema = schema.public
  column "id" {
    type = text
  }
  // "<address>|<path>".
  column "key" {
    type = text
  }
  column "count" {
    type = integer
  }
  // Milliseconds since 1970.
  column "lastRequest" {
    type = bigint
  }
  primary_key {
    columns = [column.id]
  }
  unique "rateLimit_key_key" {
    columns = [column.key]
  }
}
