// Package standing says who may not sign in. It goes by the columns that Better Auth's plugins
// "two-factor" and "admin" add to the table user. This module does not serve those plugins, and
// so keeps out everybody whom they would keep out, or ask for more.
//
// It is for services that act for a user who is not signed in at that time: by a link, a
// webhook, a key. A function that gets its user from [auth.UserFrom] need not ask, because no
// session of a banned user is admitted.
package standing

// The values of the column standing of [Users] for users who may not sign in.
const (
	Good = "" // may sign in
	// Banned is a user with banned set, unless banExpires has passed.
	Banned = "banned"
	// TwoFactors is a user with twoFactorEnabled set, who has to show more than is asked
	// for here.
	TwoFactors = "two factors"
)

// Users stands for the table user in a query. It has one more column, standing, and needs an
// alias:
//
//	SELECT … FROM link JOIN ` + standing.Users + ` AS owner ON owner.id = link.owner AND owner.standing <> '` + standing.Banned + `'
//
// The query has to pass through Names.SQL of config.AuthNames, as the database may call the
// table and its columns otherwise. That rewrites columns by the alias before them: u, s, a, r,
// one, users and owner are Better Auth's tables.
//
// The columns of the plugins need not be there: where "user" has no column of the name,
// the name is that of the outer row, which says no. PostgreSQL sees to that when it reads
// the query, prepared or not, and again after each change of the table; it costs nothing
// when the query runs.
const Users = `(
	SELECT users.*
	FROM (SELECT false AS banned, NULL::timestamptz AS "banExpires", false AS "twoFactorEnabled") AS unplugged
	CROSS JOIN LATERAL (
		SELECT one.id, one.name, one.email, one."emailVerified", one.image, one."createdAt", one."updatedAt",
			CASE WHEN banned::boolean AND coalesce("banExpires"::timestamptz > now(), true) THEN '` + Banned + `'
				WHEN "twoFactorEnabled"::boolean THEN '` + TwoFactors + `'
				ELSE '` + Good + `'
			END AS standing
		FROM "user" AS one
	) AS users
)`
