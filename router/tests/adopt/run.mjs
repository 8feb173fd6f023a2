// node run.mjs make|use|tool drizzle|betterauth|prisma [URL]: what the Go test asks the tools to do.
const [what, tool, url] = process.argv.slice(2);
const { [what]: done } = await import(`./${tool}.mjs`);
if (typeof done === "string") console.log(done);
else await done(url);
