-- A database as Better Auth 1.7.25 makes it, rateLimit.storage "database" included:
-- what getMigrations(options).compileMigrations() returns, word for word.

create table "user" ("id" text not null primary key, "name" text not null, "email" text not null unique, "emailVerified" boolean not null, "image" text, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz default CURRENT_TIMESTAMP not null);

create table "session" ("id" text not null primary key, "expiresAt" timestamptz not null, "token" text not null unique, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz not null, "ipAddress" text, "userAgent" text, "userId" text not null references "user" ("id") on delete cascade);

create table "account" ("id" text not null primary key, "accountId" text not null, "providerId" text not null, "userId" text not null references "user" ("id") on delete cascade, "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz, "scope" text, "password" text, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz not null);

create table "verification" ("id" text not null primary key, "identifier" text not null, "value" text not null, "expiresAt" timestamptz not null, "createdAt" timestamptz default CURRENT_TIMESTAMP not null, "updatedAt" timestamptz default CURRENT_TIMESTAMP not null);

create table "rateLimit" ("id" text not null primary key, "key" text not null unique, "count" integer not null, "lastRequest" bigint not null);

create index "session_userId_idx" on "session" ("userId");

create index "account_userId_idx" on "account" ("userId");

create index "verification_identifier_idx" on "verification" ("identifier");

-- What somebody leaves behind who signed up, signed in with GitHub too, and asked for a
-- new password; and somebody whose rows are not Node's own: with microseconds, and
-- without an address.
insert into "user" values
  ('rTE09afe4TOYFzsVMjCY54ErvQxU1Hn9', 'Ada', 'ada@example.com', false, null, '2026-11-24T00:15:07.664Z', '2026-11-24T00:15:07.664Z'),
  ('K3yTqv0mWc8sZbXJ5dLhR1pNgF7uEa2o', 'Bob', 'bob@example.com', true, 'https://x.example/b.png', '2024-02-29T12:00:00.123456Z', '2024-02-29T12:00:00.123456Z');

insert into "session" values
  ('D4LOnmy6jk0kw43PyxmwoNYhDaoXoC4Y', '2026-12-01T00:15:07.669Z', 'eLR5k2c9f6a2wftVyvY0mgx7cdxuTvAn', '2026-11-24T00:15:07.670Z', '2026-11-24T00:15:07.670Z', '203.0.113.7', 'node', 'rTE09afe4TOYFzsVMjCY54ErvQxU1Hn9'),
  ('0cpVZ4hRZNt1xghZDvqV89jNwaZPEFZK', '2026-12-01T00:15:07.863Z', 'CwnZrdMx0axuGgPU0NXWCwc2sttPgciH', '2026-11-24T00:15:07.863Z', '2026-11-24T00:15:07.863Z', null, null, 'K3yTqv0mWc8sZbXJ5dLhR1pNgF7uEa2o');

insert into "account" ("id", "accountId", "providerId", "userId", "accessToken", "scope", "password", "createdAt", "updatedAt") values
  ('otHxr5VQX2aXh2l7btrAlbQM0nZTsnhl', 'rTE09afe4TOYFzsVMjCY54ErvQxU1Hn9', 'credential', 'rTE09afe4TOYFzsVMjCY54ErvQxU1Hn9', null, null, '17fa11ba0197ba102e2294ddb6ec61fa:d3039a7e6135e269892d6500f11e14d40d65656a4b0182cb27aa1839beb9818d7e1a3426e286067dbd7deacec87ac5916390d575ab061379baf0f69e87f21c34', '2026-11-24T00:15:07.667Z', '2026-11-24T00:15:07.667Z'),
  ('Vn5cQz8rJw2LkXy7TfHbD0mGsP4uEa9i', '583231', 'github', 'rTE09afe4TOYFzsVMjCY54ErvQxU1Hn9', 'gho_x', 'read:user,user:email', null, '2026-11-24T00:16:00Z', '2026-11-24T00:16:00Z');

insert into "verification" values
  ('d4lXyCh4wNPBBZjUdva2aHivWhqdfT6H', 'reset-password:r5ciHJZ2UJgNdDracbct8rt7', 'rTE09afe4TOYFzsVMjCY54ErvQxU1Hn9', '2026-11-24T01:15:07.713Z', '2026-11-24T00:15:07.714Z', '2026-11-24T00:15:07.714Z');

insert into "rateLimit" values
  ('MSuUlh5ylSrzlWFzJ3iDM8NkOxgXb8hf', '203.0.113.7|/sign-in/email', 3, 1795479308004);
