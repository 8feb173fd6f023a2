/** A problem, as JSON. */
export const problem = (status: number, detail: unknown) => Response.json({ status, detail }, { status })
