// Package adopt lets Drizzle, Better Auth and Prisma make databases, adopts these, and lets
// their own clients and servers use them. It needs Node.js and what package.json names; run
// it with: make adopt
package adopt
